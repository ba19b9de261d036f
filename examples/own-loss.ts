// A loss of one's own: normalised softmax (NormFace, Wang et al. 2017), with a trainable proxy of each class that lives in the scope.
import { stratifiedSplit, take } from 'kindred/dataset'
import { loadMnist } from 'kindred/digits'
import { kaimingNormal, studentNetwork } from 'kindred/nn'
import type { LossFunction } from 'kindred/losses'
import { mPerClass } from 'kindred/samplers'
import { div, gatherElements, logSoftmax, matmul, mul, neg, reshape, sqrt, sum, transpose, type Tensor } from 'kindred/tensor'
import { objective, trainEmbedder } from 'kindred/train'

const unit = (x: Tensor): Tensor => div(x, sqrt(sum(mul(x, x), { axes: 1, keepDims: true })))

const normalisedSoftmax: LossFunction = (embeddings, labels, scope) => {
  const proxies = scope.parameter('proxies', [10, 10], kaimingNormal) // [classes, dim]
  const cosines = matmul(unit(embeddings), transpose(unit(proxies), [1, 0]))
  const n = labels.shape[0] as number
  return neg(reshape(gatherElements(logSoftmax(mul(cosines, 16), 1), reshape(labels, [n, 1]), 1), [n])) // one number an image
}

const { train, validation } = stratifiedSplit(take(await loadMnist(), 3000, { seed: 0 }), { count: 500, seed: 0 })
const trained = await trainEmbedder({
  source: train,
  validation,
  network: studentNetwork({ dim: 10 }),
  objective: objective({ loss: normalisedSoftmax }),
  batches: mPerClass({ classes: 10, perClass: 8 }),
  epochs: 2,
})
console.log(`kNN accuracy ${(100 * trained.history.at(-1)!.knnAccuracy).toFixed(1)} %`)
