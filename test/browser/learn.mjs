// One program for a page and for Node, on the built package: trains a small network on digits, embeds and classifies others, and maps them.
import { inMemory, subset } from 'kindred/dataset'
import { openEmbedder } from 'kindred/embedder'
import { contrastiveLoss } from 'kindred/losses'
import { accuracy } from 'kindred/metrics'
import { studentNetwork } from 'kindred/nn'
import { softmax } from 'kindred/openset'
import { cosine } from 'kindred/optim'
import { project, trustworthiness } from 'kindred/projection'
import { defaultRuntime } from 'kindred/runtime'
import { mPerClass } from 'kindred/samplers'
import { headLogits, objective, predictions, trainEmbedder, trainSoftmaxHead } from 'kindred/train'

const [side, dim] = [28, 10]
const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i)

/**
 * @param {Uint8Array} images [n, 28, 28]
 * @param {Uint8Array} labels [n]
 * @param {number} tested how many of the last images are classified; the others train
 * @param {object} options of the runtime
 */
export async function learn(images, labels, tested, options) {
  const runtime = await defaultRuntime(options)
  const all = inMemory({ images, labels, height: side, width: side, classes: '0123456789'.split(''), source: 'digits' })
  const [source, validation] = [subset(all, range(0, all.count - tested)), subset(all, range(all.count - tested, all.count))]
  const trained = await trainEmbedder({
    source,
    validation,
    network: studentNetwork({ dim, normalise: true }),
    objective: objective({ loss: contrastiveLoss() }),
    batches: mPerClass({ classes: 10, perClass: 3 }),
    schedule: (steps) => cosine(0.001, steps),
    epochs: 2,
    stepsPerEpoch: 20,
    knnReferences: 300,
    seed: 5,
    runtime,
  })
  const file = trained.bytes()
  const head = await trainSoftmaxHead({
    vectors: await trained.embed(source),
    dim,
    labels: source.labels,
    classes: source.classes,
    steps: 150,
    runtime,
  })
  await trained.dispose()

  const model = await openEmbedder(file, { runtime })
  const embeddings = await model.embed(validation.images)
  await model.dispose()
  const logits = headLogits(head, embeddings)
  return {
    runtime: runtime.name,
    threads: runtime.threads,
    losses: trained.history.flatMap(({ trainLoss, validationLoss }) => [trainLoss, validationLoss]),
    steps: trained.steps,
    embeddings: [...embeddings],
    probabilities: [...softmax(logits, source.classes.length)],
    accuracy: accuracy(validation.labels, predictions(logits, source.classes.length)),
    ...(await mapOf([...embeddings])),
  }
}

/** The embeddings' map by t-SNE: after its first 50 steps, and at its end. */
export async function mapOf(embeddings) {
  const points = Float32Array.from(embeddings)
  const [early, end] = [
    await project(points, dim, { iterations: 50, seed: 1 }),
    await project(points, dim, { iterations: 250, seed: 1 }),
  ]
  return { early: [...early.positions], trustworthiness: trustworthiness(points, dim, end.positions, { k: 5 }) }
}
