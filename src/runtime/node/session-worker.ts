/**
 * @file What a worker thread of {@link sessionPool} runs: sessions by number, one task after the other, one answer a task.
 *
 * Text, not a module of its own: it then starts alike from the built package, from source and under a test runner, without a loader in every thread.
 * Native code that comes back to a thread which is being ended takes the whole process down, so `state` tells the main thread when a task is under way, and
 * none is begun once the main thread is leaving.
 */
export const sessionWorker = `
const { parentPort, workerData: { module, state } } = require('node:worker_threads')
const { Tensor, InferenceSession } = require(module)
const sessions = new Map()
const tasks = {
  async create({ session, model, options: { carry, ...options } }) {
    const made = await InferenceSession.create(model, options)
    sessions.set(session, { made, carry, carried: {}, broken: false })
    return { inputNames: made.inputNames, outputNames: made.outputNames }
  },
  async run({ session, feeds, fetches }) {
    const held = sessions.get(session)
    if (held.broken) throw new Error('the run before it came to no finite number')
    const given = Object.fromEntries(Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)]))
    const results = await held.made.run({ ...held.carried, ...given }, ...(fetches === undefined ? [] : [fetches]))
    return copied(held.carry === undefined ? results : carryOn(held, results))
  },
  async carried({ session }) {
    return copied(sessions.get(session).carried)
  },
  async release({ session }) {
    await sessions.get(session).made.release()
    sessions.delete(session)
  },
  async end() {
    parentPort.close()
  },
}
const copied = (tensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { type, data, dims }]) => [name, { type, data: data.slice(), dims }]))
/** Keeps what the next run takes, and returns the rest. */
function carryOn(held, results) {
  const { from, finite } = held.carry
  held.broken = !Number.isFinite(Number(results[finite].data[0]))
  const rest = { ...results }
  for (const [input, output] of Object.entries(from)) {
    if (!held.broken) held.carried[input] = results[output]
    delete rest[output]
  }
  return rest
}
const [working, leaving] = [0, 1]
async function answerOf({ id, task, ...given }) {
  Atomics.store(state, working, 1)
  if (Atomics.load(state, leaving) === 1) {
    Atomics.store(state, working, 0)
    Atomics.notify(state, working)
    return
  }
  try {
    const answer = await tasks[task](given)
    parentPort.postMessage({ id, answer }, task === 'run' || task === 'carried' ? Object.values(answer).map(({ data }) => data.buffer) : [])
  } catch (error) {
    parentPort.postMessage({ id, error: error instanceof Error ? error.message : String(error) })
  } finally {
    Atomics.store(state, working, 0)
    Atomics.notify(state, working)
  }
}
let last = Promise.resolve()
parentPort.on('message', (message) => (last = last.then(() => answerOf(message))))
`
