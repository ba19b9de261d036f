import { expect, test, vi } from 'vitest'
import { allAtOnce, inSlices, type Pieces, type Stage } from './pieces.ts'
import type { Progress } from './progress.ts'

/** Spends some milliseconds of the clock that slices are measured with. */
function spend(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

function* work(pieces: number, ms: number): Pieces<string> {
  for (const task of ['first', 'second']) {
    const stage: Stage = { task, total: pieces, unit: 'thing', done: 0 }
    for (; stage.done < pieces; stage.done++) {
      yield stage
      spend(ms)
    }
  }
  return 'done'
}

/** Writes down what is shown. */
function recorder(): { progress: Progress; shown: string[] } {
  const shown: string[] = []
  const progress: Progress = {
    start(task, total, unit) {
      shown.push(`${task} of ${total} ${unit}`)
      return { update: (done) => shown.push(String(done)), end: () => shown.push('end') }
    },
    log() {},
    warn() {},
  }
  return { progress, shown }
}

test('work in slices gives the same, lets others have their turn, and shows how far it is', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  const { progress, shown } = recorder()
  expect(await inSlices(work(4, 25), { where: 'test', progress })).toBe(allAtOnce(work(4, 0)))
  clearInterval(timer)
  expect(turns).toBeGreaterThanOrEqual(3)
  expect(shown.filter((line) => line.includes('of') || line === 'end')).toEqual(['first of 4 thing', 'end', 'second of 4 thing', 'end'])
  expect(shown.slice(-2)).toEqual(['4', 'end'])
})

test('short stages are shown only where that is asked for', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(0) // however busy the machine is
  function* short(): Pieces<void> {
    yield* ['first', 'second'].map((task) => ({ task, total: 2, unit: 'thing', done: 1 }))
  }
  const quiet = recorder()
  await inSlices(short(), { where: 'test', progress: quiet.progress })
  expect(quiet.shown).toEqual([])
  const full = recorder()
  await inSlices(short(), { where: 'test', progress: full.progress, always: true })
  vi.restoreAllMocks()
  expect(full.shown).toEqual(['first of 2 thing', '2', 'end', 'second of 2 thing', '2', 'end'])
})

test('a stop says how far the work was, and ends what is shown', async () => {
  const stop = new AbortController()
  const { progress, shown } = recorder()
  setTimeout(() => stop.abort('enough'), 1)
  await expect(inSlices(work(1000, 5), { where: 'test', progress, signal: stop.signal })).rejects.toMatchObject({
    code: 'interrupted',
    got: expect.stringMatching(/^a stop after \d+ of 1000 things \(first\)$/),
    cause: 'enough',
  })
  expect(shown.at(-1)).toBe('end')
})

test('an error of the work ends what is shown', async () => {
  const { progress, shown } = recorder()
  function* failing(): Pieces<never> {
    yield* work(1, 60)
    throw new Error('broken')
  }
  await expect(inSlices(failing(), { where: 'test', progress })).rejects.toThrow('broken')
  expect(shown.at(-1)).toBe('end')
})
