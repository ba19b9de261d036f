// Is it a digit at all? By the distance to the digits a model knows, at a threshold that keeps 95 % of digits (run examples/train.ts
// first; its network saw 2,500 digits for two epochs and is easily fooled: kindred digits shows what a trained one does).
import { take } from 'kindred/dataset'
import { loadMnist, renderedLetters } from 'kindred/digits'
import { load } from 'kindred/models'
import { conformalPromise, detector, knnDistance } from 'kindred/openset'

await using model = await load('runs/example-train/model.onnx')
const [known, heldOut] = [take(await loadMnist(), 2000, { seed: 1 }), take(await loadMnist({ split: 'test' }), 1000, { seed: 2 })]
const score = knnDistance(await model.embed(known.images), model.dim, { k: 5 })
const scores = score.score(await model.embed(heldOut.images))
const { rule, promise } = conformalPromise(scores, 0.95, 'above', { of: '1,000 test digits' })
const answers = detector(score, rule).predict(await model.embed(renderedLetters({ perLetter: 10, seed: 3 }).images))
console.log(`${((100 * answers.filter((a) => a < 0).length) / answers.length).toFixed(0)} % of letters rejected`)
const { low, high } = promise.interval
console.log(`of digits like the ${promise.of}, between ${(100 * low).toFixed(1)} and ${(100 * high).toFixed(1)} % are kept`)
