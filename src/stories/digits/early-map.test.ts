/** @file A picture of the space is there long before the training ends. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { silent } from '../../base/index.ts'
import { trainingSplit } from '../../dataset/index.ts'
import { loadMnist, preset } from '../../digits/index.ts'
import { nodeRuntime } from '../../runtime/index.ts'
import { trainNetwork } from './chapters.ts'
import type { DigitsReport } from './digits-report.ts'
import type { Run, Story } from './run.ts'

const out = mkdtempSync(join(tmpdir(), 'kindred-early-'))
afterAll(() => rmSync(out, { recursive: true, force: true }))

test('after a quarter of few steps, then after each epoch but the last; the training is the same without anybody looking', async () => {
  const { train, validation } = trainingSplit(await loadMnist({ split: 'test' }), { images: 1100, validation: 100, seed: 0 })
  const runtime = await nodeRuntime({ threads: 2 })
  const named = preset('default')
  const chosen = { ...named, training: { ...named.training, epochs: 2, stepsPerEpoch: 8 } }
  const events: string[] = []
  const current = { history: [] } as unknown as DigitsReport
  const story = {
    current,
    stage: (_: string, __: string, work: () => Promise<unknown>) => work(),
    update(part: Partial<DigitsReport>) {
      Object.assign(current, part)
      if (part.earlyMap !== undefined) events.push(`map after ${part.earlyMap.steps} of ${part.earlyMap.points}`)
      if (part.history !== undefined && part.bestEpoch === undefined) events.push(`epoch ${part.history.length}`)
    },
    addFigure: (name: string, svg: string) => name === 'map' && events.push(/After [^<.]*/.exec(svg)![0]),
    warn() {},
  } as unknown as Story
  const run: Run = {
    options: { out, runtime },
    story,
    runtime,
    apart: runtime.apart!(),
    progress: silent,
    preset: chosen,
    seed: 0,
    train,
    validation,
    test: validation,
  }
  await trainNetwork(run)
  const title = (steps: number) => `After ${steps} steps: 100 validation digits by likeness`
  expect(events.filter((e) => !e.startsWith('epoch'))).toEqual([title(4), 'map after 4 of 100', title(8), 'map after 8 of 100'])
  expect(events.indexOf('map after 4 of 100')).toBeLessThan(events.indexOf('epoch 2'))
}, 60_000)
