/** @file Trains on a folder of pictures in a process of its own and says how far its memory grew. `FOLDER SIDE CACHE_BYTES|memory` */
import { imageFolder, inMemoryOf } from '../../src/data/index.ts'
import { tripletMarginLoss } from '../../src/losses/index.ts'
import { batchHard } from '../../src/miners/index.ts'
import { colourPixels, conv2d, dense, globalAveragePool, relu, sequential } from '../../src/nn/index.ts'
import { mPerClass } from '../../src/samplers/index.ts'
import { objective, trainEmbedder } from '../../src/train/index.ts'
import { stratifiedSplit } from '../../src/dataset/index.ts'
import { defaultRuntime } from '../../src/runtime/index.ts'

const [folder, side, kept] = process.argv.slice(2)
const runtime = await defaultRuntime({ threads: 1 })
let peak = 0
const look = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
const before = process.memoryUsage.rss()
const started = performance.now()
const opened = await imageFolder(folder, { size: Number(side), cacheBytes: kept === 'memory' ? 0 : Number(kept) })
const checked = performance.now()
const source = kept === 'memory' ? await inMemoryOf(opened) : opened
const { train, validation } = stratifiedSplit(source, { fraction: 0.1, seed: 0 })
const result = await trainEmbedder({
  source: train,
  validation,
  network: sequential({
    pixels: colourPixels(),
    conv1: conv2d(8, 3, { stride: 2 }),
    relu1: relu(),
    conv2: conv2d(16, 3, { stride: 2 }),
    relu2: relu(),
    pool: globalAveragePool(),
    embedding: dense(8),
  }),
  objective: objective({ loss: tripletMarginLoss({ margin: 0.4 }), miner: batchHard() }),
  batches: mPerClass({ classes: 4, perClass: 8 }),
  epochs: 2,
  seed: 0,
  runtime,
})
clearInterval(look)
const seconds = [checked - started, performance.now() - checked].map((ms) => Math.round(ms / 100) / 10)
const { validationLoss, knnAccuracy } = result.history.at(-1)!
await result.dispose()
console.log(
  JSON.stringify({
    images: opened.count,
    pixelBytes: opened.count * Number(side) ** 2 * 3,
    grew: Math.round((peak - before) / 1e6),
    seconds,
    validationLoss,
    knnAccuracy,
  }),
)
