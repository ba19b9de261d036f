/**
 * @file NumPy's .npy files of float32 and float64.
 *
 * Source: NEP 1, "A simple file format for NumPy arrays", versions 1.0 to 3.0.
 */
import { ensureWithin, KindredError } from '../base/index.ts'

/** The bytes of a .npy file, version 1.0, float32, C order. */
export function npyBytes(values: Float32Array, shape: readonly number[]): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64 - 10
  const out = new Uint8Array(10 + length + values.length * 4)
  out.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, length & 255, length >> 8])
  out.set(new TextEncoder().encode(`${dict.padEnd(length - 1)}\n`), 10)
  const view = new DataView(out.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(10 + length + i * 4, values[i], true)
  return out
}

/**
 * The values of a .npy file with one or two dimensions, at least one value in each.
 *
 * @param path the file's name, for errors
 * @returns one vector for a single dimension
 * @throws KindredError `corrupt`, naming the byte or the number that is not finite; `unsupported` for other types, orders and versions; `limit`
 */
export function parseNpy(bytes: Uint8Array, path: string): { vectors: Float32Array; count: number; dim: number } {
  const corrupt = (at: number, expected: string, got: string): KindredError =>
    new KindredError('corrupt', `${path}, byte ${at}`, expected, got, 'Write it again with numpy.save.')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 10 || view.getUint32(0) !== 0x934e554d || bytes[4] !== 0x50 || bytes[5] !== 0x59)
    throw corrupt(0, 'a .npy file must begin with \\x93NUMPY', bytes.length < 10 ? `${bytes.length} bytes in all` : 'other bytes')
  if (bytes[6] < 1 || bytes[6] > 3)
    throw new KindredError('unsupported', path, "the file's version must be 1, 2 or 3", String(bytes[6]), 'Write it again with numpy.save.')
  const start = bytes[6] >= 2 ? 12 : 10
  if (bytes.length < start) throw corrupt(8, 'the header length must be there', 'the end of the file')
  const end = start + (bytes[6] >= 2 ? view.getUint32(8, true) : view.getUint16(8, true))
  if (bytes.length < end) throw corrupt(bytes.length, `the header must end at byte ${end}`, 'the end of the file')
  const { descr, fortran, shape } = headerOf(
    new TextDecoder('latin1').decode(bytes.subarray(start, Math.min(end, start + 10_000))),
    (got) => corrupt(start, 'the header must name descr, fortran_order and shape, each once', got),
  )
  const sizes = `shape (${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
  if (descr !== '<f4' && descr !== '<f8')
    throw new KindredError(
      'unsupported',
      path,
      "the array's type must be <f4 or <f8",
      descr,
      'Convert it: numpy.save(path, a.astype("float32")).',
    )
  if ((fortran && shape.length > 1) || shape.length < 1 || shape.length > 2)
    throw new KindredError(
      'unsupported',
      path,
      'the array must have one or two dimensions in C order',
      `${sizes}, fortran_order ${fortran ? 'True' : 'False'}`,
      'Convert it: numpy.save(path, numpy.ascontiguousarray(a)).',
    )
  if (shape.includes(0)) throw corrupt(start, 'it must hold at least one vector of at least one number', sizes)
  const size = shape.reduce((a, b) => a * b, 1)
  ensureWithin('tensorElements', size, path, 'its array')
  const step = descr === '<f4' ? 4 : 8
  if (bytes.length !== end + size * step)
    throw corrupt(
      Math.min(bytes.length, end + size * step),
      `the file must be ${end + size * step} bytes long for ${sizes}`,
      `${bytes.length} bytes`,
    )
  const dim = shape.at(-1)!
  const vectors = new Float32Array(size)
  for (let i = 0; i < size; i++) {
    const value = step === 4 ? view.getFloat32(end + i * 4, true) : view.getFloat64(end + i * 8, true)
    vectors[i] = value
    if (!Number.isFinite(vectors[i]))
      throw new KindredError(
        'corrupt',
        `${path}, vector ${Math.floor(i / dim)}, number ${i % dim}`,
        'every number must be finite in float32',
        String(value),
        'Look for what made it: a division by 0, a training that went astray.',
      )
  }
  return { vectors, count: size / dim, dim }
}

interface Header {
  readonly descr: string
  readonly fortran: boolean
  readonly shape: number[]
}

/** A Python dictionary of exactly three entries, as numpy writes it. */
function headerOf(text: string, corrupt: (got: string) => KindredError): Header {
  const body = /^\{(.*)\}\s*$/s.exec(text)?.[1]
  const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([^()]*)\))\s*(,|$)/y
  const found = new Map<string, { text?: string; flag?: string; list?: string }>()
  for (let at = 0; body !== undefined && body.slice(at).trim() !== ''; at = entry.lastIndex) {
    entry.lastIndex = at
    const match = entry.exec(body)
    if (match === null || found.has(match[1])) throw corrupt(text.trim().slice(0, 200))
    found.set(match[1], { text: match[2], flag: match[3], list: match[4] })
  }
  const [descr, fortran, list] = [found.get('descr')?.text, found.get('fortran_order')?.flag, found.get('shape')?.list]
  const sizes = list?.split(',').map((s) => s.trim())
  if (sizes?.at(-1) === '') sizes.pop() // (3,)
  if (descr === undefined || fortran === undefined || sizes === undefined || !sizes.every((s) => /^\d{1,15}L?$/.test(s)))
    throw corrupt(text.trim().slice(0, 200))
  return { descr, fortran: fortran === 'True', shape: sizes.map((s) => Number.parseInt(s, 10)) }
}
