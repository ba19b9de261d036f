// Trains an embedding of your own pictures, a folder per class: tsx examples/folder.ts flowers/
import { imageFolder } from 'kindred/data'
import { stratifiedSplit } from 'kindred/dataset'
import { softNegativeTripletLoss } from 'kindred/losses'
import { batchNorm, colourPixels, conv2d, dense, globalAveragePool, relu, sequential } from 'kindred/nn'
import { cosine } from 'kindred/optim'
import { mPerClass } from 'kindred/samplers'
import { objective, trainEmbedder } from 'kindred/train'

const photos = await imageFolder(process.argv[2], { size: 32, channels: 3 })
const { train, validation } = stratifiedSplit(photos, { fraction: 0.2, seed: 0 })
const block = (channels: number) => sequential({ conv: conv2d(channels, 3, { stride: 2, padding: 1 }), norm: batchNorm(), relu: relu() })
const trained = await trainEmbedder({
  source: train,
  validation,
  network: sequential({ pixels: colourPixels(), a: block(16), b: block(32), c: block(64), pool: globalAveragePool(), out: dense(8) }),
  objective: objective({ loss: softNegativeTripletLoss({ margin: 0.3 }) }),
  batches: mPerClass({ classes: photos.classes.length, perClass: 8 }),
  epochs: 10,
  schedule: (steps) => cosine(3e-3, steps),
})
console.log(
  `${photos.count} pictures of ${photos.classes.join(', ')}: kNN accuracy ${(100 * trained.history.at(-1)!.knnAccuracy).toFixed(0)} %`,
)
trained.save('runs/example-folder/model.onnx')
