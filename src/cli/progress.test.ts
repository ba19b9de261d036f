/** @file Progress: rate, time left, bar, lines, JSON. */
import { expect, test } from 'vitest'
import { barProgress, jsonProgress, lineProgress, quietProgress } from './progress.ts'

function recorded(isTTY = false, columns = 200) {
  const written: string[] = []
  return { written, stream: { isTTY, columns, write: (text: string) => void written.push(text) } }
}

test('lines come five seconds apart, with rate and time left, and the last one always', () => {
  const { written, stream } = recorded()
  let now = 0
  const task = lineProgress(stream, () => now).start('training', 100, 'step')
  for (let step = 1; step <= 100; step++) {
    now = step * 200
    task.update(step, { loss: 0.123456 })
  }
  expect(written.length).toBe(4)
  expect(written[0]).toBe('training 25/100, 5 step/s, 15 s left (loss 0.123)\n')
  expect(written[3]).toContain('training 100/100')
})

test('a resumed task takes its rate from what it did itself', () => {
  const { written, stream } = recorded()
  let now = 0
  const task = lineProgress(stream, () => now).start('training', 1000, 'step')
  for (let step = 901; step <= 910; step++) {
    now += 1000
    task.update(step)
  }
  expect(written[0]).toBe('training 905/1000, 1 step/s, 1 min 35 s left\n')
})

test('the bar is redrawn in place, never wider than the terminal, and messages stay above it', () => {
  const { written, stream } = recorded(true, 60)
  let now = 0
  const progress = barProgress(stream, () => now)
  const task = progress.start('training', 4, 'step')
  now = 400
  task.update(1)
  now = 1000
  task.update(2, { loss: 0.5 })
  progress.log('epoch 1')
  task.end()
  expect(written[0]).toMatch(/^\[#{10}-{10}\] {2}50 % training 2\/4, 2 step\/s/)
  expect(written[0].length).toBeLessThan(60)
  expect(written[1]).toBe(`\r\u001b[2Kepoch 1\n${written[0]}`)
  expect(written[2]).toBe('\r\u001b[2K')
})

test('JSON lines each hold one object; quiet keeps warnings alone', () => {
  const { written, stream } = recorded()
  let now = 0
  const progress = jsonProgress(stream, () => now)
  const task = progress.start('t', 2, 'step')
  now = 2000
  task.update(1, { loss: 1 })
  progress.warn('careful')
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { event: 'progress', task: 't', done: 1, total: 2, unit: 'step', rate: 0.5, secondsLeft: 2, figures: { loss: 1 } },
    { event: 'warning', message: 'careful' },
  ])
  const quiet = recorded()
  const silentOne = quietProgress(quiet.stream)
  silentOne.log('no')
  silentOne.start('t', 1, 'step').update(1)
  silentOne.warn('yes')
  expect(quiet.written).toEqual(['warning: yes\n'])
})
