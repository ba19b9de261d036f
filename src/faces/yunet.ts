/** @file YuNet (Wu, Peng, Yu 2023) as a box finder: an ONNX file from outside, inspected before it runs. */
import { inOrder, KindredError } from '../base/index.ts'
import { squareInput, type Photo } from '../images/index.ts'
import { checkModel, readProtoModel } from '../onnx/index.ts'
import { floats, type Runtime } from '../runtime/index.ts'
import type { BoxFinder, ScoredBox } from './box-finders.ts'
import { yunetFaces, yunetHeads, yunetStrides, type YunetHead } from './yunet-boxes.ts'

/** Side of the input where the model leaves it open. */
const usualSide = 640

/**
 * YuNet: the photo at the top left of a black square, as it is where it fits, else scaled to it; pixels 0..255 in the order BGR.
 *
 * The published file takes 640 x 640 and nothing else (OpenCV's own engine overrides that; ONNX Runtime does not).
 * @param weights what `yunetWeights` returns
 * @throws KindredError `unsupported` for a model with other inputs or outputs; `corrupt`, `limit` as `checkModel`
 */
export async function yunetFinder(
  runtime: Runtime,
  { bytes, hash, what }: { bytes: Uint8Array; hash: string; what: string },
): Promise<BoxFinder> {
  const { name, side } = inputOf(bytes, what)
  const sizes = checkModel(bytes, what, { inputs: [[1, 3, side, side]] })
  for (const [output, length] of outputsOf(side)) {
    const dims = sizes.get(output)
    if (!sizes.has(output) || (dims !== undefined && dims.reduce((n, d) => n * d, 1) !== length)) throw notYunet(what, output, length, dims)
  }
  const program = await runtime.load(bytes, { independent: true, checked: true })
  const wanted = [...outputsOf(side).keys()]
  const missing = wanted.find((output) => !program.outputs.includes(output))
  if (missing !== undefined) {
    await program.dispose()
    throw notYunet(what, missing, outputsOf(side).get(missing) ?? 0, undefined)
  }
  const look = async (photo: Photo, minScore: number): Promise<ScoredBox[]> => {
    const input = new Float32Array(3 * side * side)
    const scale = yunetInput(photo, side, input)
    const out = await program.run({ [name]: floats(input, [1, 3, side, side]) }, wanted)
    const read = (head: YunetHead, stride: number): Float32Array => {
      const key = `${head}_${stride}`
      const { dtype, data, shape } = out[key]
      const length = outputsOf(side).get(key) ?? 0
      if (dtype !== 'float32' || data.length !== length) throw notYunet(what, key, length, shape)
      return data as Float32Array
    }
    return yunetFaces(read, side, minScore).map(({ box: { x, y, width, height }, score }) => ({
      box: { x: x * scale.x, y: y * scale.y, width: width * scale.x, height: height * scale.y },
      score,
    }))
  }
  return {
    hash,
    async find(photos, minScore) {
      const results: ScoredBox[][] = []
      for await (const found of inOrder(photos.length, program.concurrency, (i) => look(photos[i], minScore))) results.push(found)
      return results
    },
    dispose: () => program.dispose(),
  }
}

/**
 * Writes a photo as YuNet takes it.
 *
 * @param out [3 x side x side] numbers, written: planes B, G, R
 * @returns pixels of the photo for one of the input
 */
export function yunetInput(photo: Photo, side: number, out: Float32Array): { x: number; y: number } {
  const { width, height, pixels } = photo
  const plane = side * side
  const longest = Math.max(width, height)
  if (longest <= side) {
    out.fill(0)
    for (let y = 0, from = 0; y < height; y++)
      for (let x = 0, to = y * side; x < width; x++, to++, from += 3)
        for (let c = 0; c < 3; c++) out[(2 - c) * plane + to] = pixels[from + c]
    return { x: 1, y: 1 }
  }
  squareInput(photo, { size: side, centred: false }, out)
  const red = out.slice(0, plane)
  out.copyWithin(0, 2 * plane, 3 * plane)
  out.set(red, 2 * plane)
  return { x: longest / side, y: longest / side }
}

/** Length of each output for an input of this side. */
function outputsOf(side: number): Map<string, number> {
  const heads = Object.entries(yunetHeads)
  return new Map(yunetStrides.flatMap((stride) => heads.map(([head, each]) => [`${head}_${stride}`, each * (side / stride) ** 2] as const)))
}

function inputOf(bytes: Uint8Array, what: string): { name: string; side: number } {
  const { inputs, initializers } = readProtoModel(bytes, what)
  const fed = inputs.filter(({ name }) => !initializers.has(name))
  const [{ name, shape, type } = { name: '', shape: undefined, type: undefined }] = fed
  const [batch, channels, height, width] = shape ?? []
  const side = typeof height === 'number' ? height : typeof width === 'number' ? width : usualSide
  const fits =
    fed.length === 1 &&
    type === 1 &&
    shape?.length === 4 &&
    (batch === 1 || typeof batch === 'string') &&
    (channels === 3 || typeof channels === 'string') &&
    (height === side || typeof height === 'string') &&
    (width === side || typeof width === 'string') &&
    side >= 32 &&
    side <= 4096 &&
    side % 32 === 0
  if (!fits)
    throw new KindredError(
      'unsupported',
      what,
      'it must have one input of floats [1, 3, side, side], side a multiple of 32 up to 4096, as YuNet of March 2023 has',
      fed.length === 1 ? `[${shape?.join(', ') ?? ''}]` : `${fed.length} inputs`,
    )
  return { name, side }
}

function notYunet(what: string, output: string, length: number, dims: readonly number[] | undefined): KindredError {
  return new KindredError(
    'unsupported',
    what,
    `its output ${output} must hold ${length} floats, as YuNet of March 2023 has`,
    dims === undefined ? 'none' : `[${dims.join(', ')}]`,
  )
}
