// One program for a page and for Node, on the built package: trains a small network on digits, embeds and classifies others, and maps them.
import { crossEntropy } from 'kindred/losses'
import { accuracy } from 'kindred/metrics'
import { dense, initialWeights, Scope, studentNetwork } from 'kindred/nn'
import { softmax } from 'kindred/openset'
import { adam } from 'kindred/optim'
import { project, trustworthiness } from 'kindred/projection'
import { bytes, compile, defaultRuntime, floats, ints, scalar } from 'kindred/runtime'
import { grad, input } from 'kindred/tensor'

const [side, dim, classes, batch, steps] = [28, 10, 10, 50, 40]

/**
 * @param {Uint8Array} pixels [n, 28, 28]
 * @param {Uint8Array} labels [n]
 * @param {number} tested how many of the last images are classified, the others train
 * @param {object} options of the runtime
 */
export async function learn(pixels, labels, tested, options) {
  const runtime = await defaultRuntime(options)
  const trained = labels.length - tested
  const images = (from, count) => bytes(pixels.subarray(from * side ** 2, (from + count) * side ** 2), [count, side, side])
  const [network, head, optimizer] = [studentNetwork({ dim }), dense(classes), adam()]
  const build = (scope, count) => {
    const embeddings = network(input('images', [count, side, side], 'uint8'), scope.child('network'))
    return { embeddings, logits: head(embeddings, scope.child('head')) }
  }

  const scope = new Scope({ training: true })
  const { loss } = crossEntropy(build(scope, batch).logits, input('labels', [batch], 'int64'))
  const gradients = grad(loss, scope.weights.map(({ name }) => scope.tensor(name)))
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1, 1)).map((name) => [name, input(name, [])]))
  const outputs = { loss }
  const state = Object.fromEntries([...initialWeights(scope.weights, 5)].map(([name, data], i) => [name, floats(data, scope.weights[i].shape)]))
  scope.weights.forEach(({ name, shape }, i) => {
    const slots = Object.fromEntries(optimizer.slots.map((slot) => [slot, input(`${slot}/${name}`, shape)]))
    for (const slot of optimizer.slots) state[`${slot}/${name}`] = floats(new Float32Array(state[name].data.length), shape)
    const next = optimizer.update(scope.tensor(name), gradients[i], slots, scalars)
    outputs[`next/${name}`] = next.weight
    for (const slot of optimizer.slots) outputs[`next/${slot}/${name}`] = next.slots[slot]
  })

  const losses = []
  const step = await compile(runtime, outputs)
  for (let i = 0; i < steps; i++) {
    const from = (i * batch) % trained
    const now = Object.fromEntries(Object.entries(optimizer.scalars(i + 1, 0.003)).map(([name, value]) => [name, scalar(value)]))
    const results = await step.run({ ...state, ...now, images: images(from, batch), labels: ints(labels.subarray(from, from + batch)) })
    for (const name of Object.keys(state)) state[name] = results[`next/${name}`]
    losses.push(results.loss.data[0])
  }

  await step.dispose()
  const model = await compile(runtime, build(new Scope(), 'N'))
  const { embeddings, logits } = await model.run({ ...state, images: images(trained, tested) })
  await model.dispose()
  const probabilities = softmax(logits.data, classes)
  const named = Int32Array.from({ length: tested }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes)
    return row.indexOf(Math.max(...row))
  })
  return {
    runtime: runtime.name,
    threads: runtime.threads,
    losses,
    embeddings: [...embeddings.data],
    probabilities: [...probabilities],
    accuracy: accuracy(labels.subarray(trained), named),
    ...(await mapOf([...embeddings.data])),
  }
}

/** The embeddings' map by t-SNE: after its first 50 steps, and at its end. */
export async function mapOf(embeddings) {
  const points = Float32Array.from(embeddings)
  const [early, end] = [await project(points, dim, { iterations: 50, seed: 1 }), await project(points, dim, { iterations: 250, seed: 1 })]
  return { early: [...early.positions], kl: end.kl, trustworthiness: trustworthiness(points, dim, end.positions, { k: 5 }) }
}
