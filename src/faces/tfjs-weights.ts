/**
 * @file Reads TensorFlow.js weight manifests: a JSON list of named arrays and the binary files that hold them, one behind the other, floats or 8-bit codes.
 *
 * Format: tfjs-core, io_utils.ts, `decodeWeights`: value = code * scale + min for quantised arrays.
 */
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { ensureWithin, KindredError, nonFiniteAt } from '../base/index.ts'
import { readBytes, readJson } from '../files/index.ts'

/** One named array. Convolution kernels are [height, width, in, out]. */
export interface TfjsWeight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

const groups = z.array(
  z.object({
    paths: z.array(z.string().regex(/^(?!\.\.?$)[^/\\\0]{1,255}$/, 'the name of a file beside the manifest')).min(1),
    weights: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int().nonnegative()),
        dtype: z.string(),
        quantization: z.object({ scale: z.number(), min: z.number(), dtype: z.string() }).optional(),
      }),
    ),
  }),
)
/** The list itself, or the model.json that holds it. */
const manifest = z.preprocess(
  (value) => (Array.isArray(value) ? value : (value as { weightsManifest?: unknown } | null)?.weightsManifest),
  groups,
)

const sizes: ReadonlyMap<string, number> = new Map(Object.entries({ float32: 4, int32: 4, uint8: 1, uint16: 2, bool: 1 }))

/**
 * Reads all float arrays of a manifest.
 *
 * @param path `*-weights_manifest.json` or a `model.json` with a `weightsManifest`; the binary files lie beside it
 * @returns arrays by name, dequantised to float32
 * @throws KindredError `not-found`, `corrupt` when sizes do not fit, a name or a file comes twice or a number is not finite, `limit`, `unsupported` for other
 *   element types
 */
export function readTfjsWeights(path: string): Map<string, TfjsWeight> {
  const fix = 'Install the package again.'
  const out = new Map<string, TfjsWeight>()
  const names = new Set<string>()
  const files = new Set<string>()
  for (const { paths, weights } of readJson(path, manifest, { where: 'tfjs weights', fix })) {
    for (const p of paths) {
      if (files.has(p)) throw new KindredError('corrupt', path, 'each binary file must be named once', `${p} twice`, fix)
      files.add(p)
    }
    const parts = paths.map((p) => readBytes(join(dirname(path), p), 'tfjs weights'))
    const bytes = parts.length === 1 ? parts[0] : new Uint8Array(Buffer.concat(parts))
    let at = 0
    for (const { name, shape, dtype, quantization } of weights) {
      if (names.has(name)) throw new KindredError('corrupt', path, 'arrays must have different names', `${name} twice`, fix)
      names.add(name)
      const stored = quantization?.dtype ?? dtype
      const width = sizes.get(stored)
      const coded = quantization === undefined || dtype !== 'float32' || stored === 'uint8' || stored === 'uint16'
      if (width === undefined || !coded)
        throw new KindredError(
          'unsupported',
          path,
          `element types must be ${[...sizes.keys()].join(', ')}, floats in codes uint8 or uint16`,
          `${dtype} as ${stored} of ${name}`,
        )
      const count = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1)
      ensureWithin('tensorElements', count, path, name)
      const end = at + count * width
      if (end > bytes.length)
        throw new KindredError(
          'corrupt',
          path,
          `${paths.join(' + ')} must hold ${name} [${shape.join(', ')}] up to byte ${end}`,
          `${bytes.length} bytes`,
          fix,
        )
      if (dtype === 'float32') {
        const data = decode(bytes.slice(at, end), stored, quantization)
        const odd = nonFiniteAt(data)
        if (odd >= 0) throw new KindredError('corrupt', path, `${name} must hold finite numbers`, `${data[odd]} as number ${odd + 1}`, fix)
        out.set(name, { shape, data })
      }
      at = end
    }
    if (at !== bytes.length)
      throw new KindredError('corrupt', path, `${paths.join(' + ')} must hold ${at} bytes`, String(bytes.length), fix)
  }
  return out
}

function decode(bytes: Uint8Array<ArrayBuffer>, stored: string, quantization: { scale: number; min: number } | undefined): Float32Array {
  if (quantization === undefined) return new Float32Array(bytes.buffer)
  const codes = stored === 'uint16' ? new Uint16Array(bytes.buffer) : bytes
  const { scale, min } = quantization
  const out = new Float32Array(codes.length)
  for (let i = 0; i < codes.length; i++) out[i] = codes[i] * scale + min // a loop: Float32Array.from takes twenty times as long
  return out
}
