/**
 * @file Reads TensorFlow.js weight manifests: a JSON list of named arrays and the binary files that hold them, one behind the other, floats or 8-bit codes.
 *
 * Format: tfjs-core, io_utils.ts, `decodeWeights`: value = code * scale + min for quantised arrays.
 */
import { dirname, join } from 'node:path'
import { KindredError, parseJson } from '../base/index.ts'
import { readBytes } from '../files/index.ts'

/** One named array. Convolution kernels are [height, width, in, out]. */
export interface TfjsWeight {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

interface ManifestGroup {
  readonly paths: readonly string[]
  readonly weights: readonly { name: string; shape: readonly number[]; dtype: string; quantization?: { scale: number; min: number; dtype: string } }[]
}

const sizes: Record<string, number> = { float32: 4, int32: 4, uint8: 1, uint16: 2, bool: 1 }

/**
 * Reads all float arrays of a manifest.
 *
 * @param path `*-weights_manifest.json` or a `model.json` with a `weightsManifest`; the binary files lie beside it
 * @returns arrays by name, dequantised to float32
 * @throws KindredError `not-found`, `corrupt` when sizes do not fit, `unsupported` for other element types
 */
export function readTfjsWeights(path: string): Map<string, TfjsWeight> {
  const groups = manifestOf(path)
  const out = new Map<string, TfjsWeight>()
  for (const { paths, weights } of groups) {
    const parts = paths.map((p) => readBytes(join(dirname(path), p), 'tfjs weights'))
    const bytes = parts.length === 1 ? parts[0] : new Uint8Array(Buffer.concat(parts))
    let at = 0
    for (const { name, shape, dtype, quantization } of weights) {
      const stored = quantization?.dtype ?? dtype
      const width = sizes[stored]
      if (width === undefined) throw new KindredError('unsupported', path, `element types must be ${Object.keys(sizes).join(', ')}`, `${stored} of ${name}`)
      const count = shape.reduce((a, b) => a * b, 1)
      const end = at + count * width
      if (end > bytes.length) throw new KindredError('corrupt', path, `${paths.join(' + ')} must hold ${name} [${shape.join(', ')}] up to byte ${end}`, `${bytes.length} bytes`, 'Install the package again.')
      if (dtype === 'float32') out.set(name, { shape, data: decode(bytes.slice(at, end), stored, quantization) })
      at = end
    }
    if (at !== bytes.length) throw new KindredError('corrupt', path, `${paths.join(' + ')} must hold ${at} bytes`, String(bytes.length), 'Install the package again.')
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

function manifestOf(path: string): ManifestGroup[] {
  const text = new TextDecoder().decode(readBytes(path, 'tfjs weights'))
  const json = parseJson<unknown>(text, path, 'it must be a weight manifest in JSON')
  const groups = Array.isArray(json) ? json : (json as { weightsManifest?: unknown }).weightsManifest
  if (!Array.isArray(groups) || groups.some((g) => !Array.isArray(g?.paths) || !Array.isArray(g?.weights))) throw new KindredError('corrupt', path, 'it must be a list of { paths, weights }', text.slice(0, 40))
  return groups as ManifestGroup[]
}
