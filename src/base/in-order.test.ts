/** @file Work with the next few under way: the order, how many at once, and what happens after an error. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inOrder } from './index.ts'

/** Work that ends in the order of `delays` and takes down how much was under way. */
function watched(delays: readonly number[], failing = -1) {
  const seen = { under: 0, most: 0, begun: [] as number[], ended: [] as number[] }
  const work = async (i: number) => {
    seen.begun.push(i)
    seen.most = Math.max(seen.most, ++seen.under)
    await sleep(delays[i])
    seen.under--
    seen.ended.push(i)
    if (i === failing) throw new Error(`no ${i}`)
    return i
  }
  return { seen, work }
}

test('results come in order, however the work ends, and no more than the most is under way', async () => {
  const { seen, work } = watched([30, 1, 1, 20, 1])
  const got: number[] = []
  for await (const i of inOrder(5, 3, work)) got.push(i)
  expect(got).toEqual([0, 1, 2, 3, 4])
  expect(seen.ended).not.toEqual([0, 1, 2, 3, 4])
  expect([seen.most, seen.begun]).toEqual([3, [0, 1, 2, 3, 4]])
})

test('one at a time begins nothing early; nothing to do gives nothing', async () => {
  const { seen, work } = watched([1, 1])
  for await (const i of inOrder(2, 1, work)) expect(seen.begun.length).toBe(i + 1)
  for await (const i of inOrder(0, 3, work)) throw new Error(`got ${i}`)
})

test('after an error nothing is under way, what came before was given, and nothing further was begun', async () => {
  const { seen, work } = watched([1, 1, 30, 1, 1, 1], 1)
  const got: number[] = []
  const loop = async () => {
    for await (const i of inOrder(6, 3, work)) got.push(i)
  }
  await expect(loop()).rejects.toThrow('no 1')
  expect([got, seen.under, seen.begun]).toEqual([[0], 0, [0, 1, 2, 3]])
})

test('a loop that is left early leaves nothing under way', async () => {
  const { seen, work } = watched([1, 20, 20, 1])
  for await (const i of inOrder(4, 3, work)) if (i === 0) break
  expect([seen.under, seen.begun]).toEqual([0, [0, 1, 2]])
})
