// Trains an embedding of handwritten digits from scratch, out of parts, and saves it as one ONNX file.
import { stratifiedSplit, take } from 'kindred/dataset'
import { loadMnist } from 'kindred/digits'
import { tripletMarginLoss } from 'kindred/losses'
import { semiHard } from 'kindred/miners'
import { studentNetwork } from 'kindred/nn'
import { mPerClass } from 'kindred/samplers'
import { objective, trainEmbedder } from 'kindred/train'

const { train, validation } = stratifiedSplit(take(await loadMnist(), 3000, { seed: 0 }), { count: 500, seed: 0 })
const trained = await trainEmbedder({
  source: train,
  validation,
  network: studentNetwork({ dim: 10 }),
  objective: objective({ loss: tripletMarginLoss({ margin: 0.2 }), miner: semiHard() }),
  batches: mPerClass({ classes: 10, perClass: 8 }),
  epochs: 2,
})
for (const { epoch, trainLoss, knnAccuracy } of trained.history)
  console.log(`epoch ${epoch}: loss ${trainLoss.toFixed(4)}, kNN accuracy ${(100 * knnAccuracy).toFixed(1)} %`)
trained.save('runs/example-train/model.onnx')
