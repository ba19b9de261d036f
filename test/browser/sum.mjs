// The smallest program of a page: one sum on the runtime.
import { compile, defaultRuntime, floats } from 'kindred/runtime'
import { add, input } from 'kindred/tensor'

/** 1 added to 1 and 2, or what went wrong. */
export async function sum(options) {
  try {
    const program = await compile(await defaultRuntime(options), { y: add(input('x', [2]), 1) })
    return [...(await program.run({ x: floats([1, 2]) })).y.data]
  } catch ({ code, message }) {
    return { code, message }
  }
}
