/** @file Parts that go on at once: their results, the first failure, stops. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { together } from './together.ts'

test('parts go on at once, or in turn, and may wait for those before them', async () => {
  for (const inTurn of [false, true]) {
    const events: string[] = []
    const part = (name: string, ms: number) => async () => {
      events.push(`${name} begins`)
      await sleep(ms)
      events.push(`${name} ends`)
      return name
    }
    await together(
      ({ begin }) => {
        const slow = begin(part('slow', 40))
        begin(part('quick', 5))
        begin(async () => events.push(`after ${await slow}`))
      },
      { inTurn },
    )
    expect(events).toEqual(
      inTurn
        ? ['slow begins', 'slow ends', 'quick begins', 'quick ends', 'after slow']
        : ['slow begins', 'quick begins', 'quick ends', 'slow ends', 'after slow'],
    )
  }
})

test('the first failure is what is thrown, after all parts have heard of it and ended', async () => {
  let ended = false
  const failing = together(({ begin, signal }) => {
    begin(async () => {
      while (!signal.aborted) await sleep(2)
      await sleep(10)
      ended = true
      throw new Error('stopped, because another failed')
    })
    const broken = begin(async () => {
      await sleep(5)
      throw new Error('disk full')
    })
    begin(async () => void (await broken))
  })
  await expect(failing).rejects.toThrow('disk full')
  expect(ended).toBe(true)
})

test('after a stop from outside, the part that was begun first says how to go on', async () => {
  const stop = new AbortController()
  const stopped = together(
    ({ begin, signal }) => {
      const waits = (message: string, ms: number) => async () => {
        while (!signal.aborted) await sleep(2)
        await sleep(ms)
        throw new Error(message)
      }
      begin(waits('training, go on with resume', 15))
      begin(waits('sweep', 0))
    },
    { signal: stop.signal },
  )
  setTimeout(() => stop.abort(), 10)
  await expect(stopped).rejects.toThrow('training, go on with resume')
})

test('in turn, no part begins after one that failed', async () => {
  const begun: number[] = []
  const failing = together(
    ({ begin }) => {
      for (const i of [1, 2, 3])
        begin(async () => {
          begun.push(i)
          if (i === 2) throw new Error('second')
        })
    },
    { inTurn: true },
  )
  await expect(failing).rejects.toThrow('second')
  expect(begun).toEqual([1, 2])
})
