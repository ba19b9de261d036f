/** @file What ONNX Runtime says of a model that came from a file, said of the file. */
import { KindredError } from '../base/index.ts'

/** How ONNX Runtime says that a model is well-formed and nothing this version runs. */
const unknown =
  /not.?implemented|could not find an implementation|unsupported model ir version|is not a registered function|opset \d+ is under development/i

/**
 * Runs `work`; errors of the runtime itself get the file's name and, where the runtime refused what the file says of itself, the code `corrupt`.
 *
 * @param what the file
 * @throws KindredError `corrupt`, `unsupported`, or whatever `work` throws
 */
export async function ofFile<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof KindredError) || (error.where !== 'runtime' && error.where !== 'run')) throw error
    const got = (error.got ?? '').replace(/\s+/g, ' ').slice(0, 300)
    const refused = error.code === 'shape' || error.code === 'corrupt'
    const code = !refused ? error.code : unknown.test(got) ? 'unsupported' : 'corrupt'
    throw new KindredError(
      code,
      what,
      error.code === 'shape' ? 'ONNX Runtime must be able to run it on its images' : error.expected,
      got,
      error.fix,
      { cause: error },
    )
  }
}
