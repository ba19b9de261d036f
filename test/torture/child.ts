/**
 * @file A process to be killed: `child.ts gallery|training|faces FOLDER`. It looks first whether what was acknowledged before is there and whole, says what it
 * found (`open {...}`), then works on and acknowledges (`ack N`) until it ends (`end {...}`) or dies. Exit 1 with `failed CODE MESSAGE` on a KindredError, with
 * `uncaught ...` on anything else.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, type Progress } from '../../src/base/index.ts'

const [scenario, folder, ...words] = process.argv.slice(2)
const ahead = process.env.KINDRED_TORTURE_LIES === '1' ? 1000 : 0
const acknowledge = (count: number): void => say('ack', String(count + ahead))
const say = (what: string, value: unknown): void =>
  void process.stdout.write(`${what} ${typeof value === 'string' ? value : JSON.stringify(value)}\n`)

/** Part files anywhere below a folder. */
function partsBelow(root: string): string[] {
  if (!existsSync(root)) return []
  return (readdirSync(root, { recursive: true }) as string[]).filter((name) => name.endsWith('.part'))
}

/** Adds numbered items in batches; words: how many at most. */
async function gallery(): Promise<void> {
  const { openGallery } = await import('../../src/gallery/index.ts')
  const { numberedItem, recipe } = await import('../gallery-items.ts')
  const batch = 25
  const opened = await openGallery(folder, { recipe })
  let [held, wrong] = [0, 0]
  for await (const { ids, points, dim } of opened.vectors()) {
    ids.forEach((id, i) => {
      const expected = numberedItem(Number(id.slice('item '.length))).vector
      if (!expected.every((v, j) => v === points[i * dim + j])) wrong++
    })
    held += ids.length
  }
  const [last] = held === 0 ? [] : await opened.search(numberedItem(held - 1).vector, 1)
  const missing = last !== undefined && last.nearest?.id !== `item ${held - 1}`
  say('open', { held, halfWritten: wrong + (held % batch === 0 ? 0 : 1) + (missing ? 1 : 0) })
  const items = function* () {
    for (let i = held; i < held + Number(words[0] ?? 1e6); i++) yield numberedItem(i)
  }
  await opened.add(items(), { batch, acknowledge: ({ added, skipped }) => acknowledge(held + added + skipped) })
  await opened.close()
  say('end', { held: held + Number(words[0] ?? 0) })
}

/** Trains one step an epoch; acknowledges an epoch when the next begins, as its checkpoint is then on the disk. Words: how many epochs. */
async function training(): Promise<void> {
  const { folderStore, hasCheckpoint } = await import('../../src/files/index.ts')
  const { loadCheckpoint, trainEmbedder } = await import('../../src/train/index.ts')
  const { tinyTraining } = await import('../support/tiny-training.ts')
  const resume = hasCheckpoint(folder)
  const store = folderStore(folder)
  const held = resume ? (await loadCheckpoint<{ step: number }>(store)).header.step : 0
  const options = await tinyTraining()
  let opened = false
  const open = (): void => {
    if (!opened) say('open', { held, halfWritten: partsBelow(folder).length })
    opened = true
  }
  const { weights } = await trainEmbedder({
    ...options,
    epochs: Number(words[0] ?? 400),
    stepsPerEpoch: 1,
    schedule: undefined,
    store,
    resume,
    progress: { start: () => (open(), { update() {}, end() {} }), log() {}, warn() {} },
    onEpoch: ({ step }) => acknowledge(step - 1),
  })
  const hash = createHash('sha256')
  for (const [name, values] of [...weights].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(name).update(values)
  say('end', { hash: hash.digest('hex') })
}

/** Tells the faces story of FOLDER/photos into FOLDER/out; acknowledges photos as they are done. */
async function faces(): Promise<void> {
  const { faces: tell } = await import('../../src/stories/index.ts')
  const { nodeRuntime } = await import('../../src/runtime/index.ts')
  const [photos, out] = [join(folder, 'photos'), join(folder, 'out')]
  const progress: Progress = {
    start(task) {
      if (task === 'faces') say('open', { held: 0, halfWritten: partsBelow(out).length })
      return { update: (done) => void (task === 'faces' && acknowledge(done)), end() {} }
    },
    log() {},
    warn() {},
  }
  const report = await tell(photos, { out, detector: 'tiny', runtime: await nodeRuntime({ threads: 1 }), progress })
  const manifest = readFileSync(join(out, 'manifest.jsonl'))
  say('end', {
    processed: report.photos.processed,
    total: report.photos.total,
    manifest: createHash('sha256').update(manifest).digest('hex'),
    halfWritten: partsBelow(out).length,
    complete: report.complete,
  })
}

const scenarios: Record<string, () => Promise<void>> = { gallery, training, faces }
try {
  await scenarios[scenario]()
  process.exit(0)
} catch (error) {
  if (error instanceof KindredError) say('failed', { code: error.code, message: error.message })
  else say('uncaught', { message: String((error as Error)?.stack ?? error) })
  process.exit(1)
}
