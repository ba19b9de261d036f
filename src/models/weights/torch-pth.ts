/**
 * @file PyTorch state dicts (`.pth`, `.pt`), read tensor by tensor: the zip archives that torch.save has written since 1.6, and the stream before that.
 *
 * Zip: `NAME/data.pkl` holds the pickled dictionary, `NAME/data/KEY` the bytes of each storage, never compressed.
 * Stream: pickles of a magic number, a protocol number, the writer's system, the dictionary and the storages' keys; then each storage as int64 count and bytes.
 * Source: torch/serialization.py (`_load`, `_legacy_load`); APPNOTE.TXT of PKWARE for the archive.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { KindredError } from '../../base/index.ts'
import { ioError } from '../../files/index.ts'
import { unpickle, type Unpickler } from './pickle.ts'
import { corrupt, count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'

interface Storage {
  readonly type: string
  readonly key: string
  readonly size: number
}

class StoredTensor {
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  constructor(storage: Storage, offset: number, shape: readonly number[], stride: readonly number[]) {
    this.storage = storage
    this.offset = offset
    this.shape = shape
    this.stride = stride
  }
}

/** Bytes of the storages' element types, as far as the stream must be walked over. */
const widths: Record<string, number> = { FloatStorage: 4, DoubleStorage: 8, HalfStorage: 2, BFloat16Storage: 2, LongStorage: 8, IntStorage: 4, ShortStorage: 2, CharStorage: 1, ByteStorage: 1, BoolStorage: 1 }

const torchObjects: Unpickler = {
  persistent(id) {
    if (!Array.isArray(id)) return null
    const [tag, type, key, , size] = id as [unknown, { name?: string } | undefined, unknown, unknown, unknown]
    if (tag !== 'storage' || typeof type?.name !== 'string' || typeof size !== 'number') return null
    return { type: type.name.split('.').at(-1)!, key: String(key), size } satisfies Storage
  },
  call(name, args) {
    if (name === 'collections.OrderedDict') return new Map((args[0] as [unknown, unknown][] | undefined) ?? [])
    if (name === 'torch._utils._rebuild_parameter') return args[0]
    if (name !== 'torch._utils._rebuild_tensor_v2' && name !== 'torch._utils._rebuild_tensor') return undefined
    const [storage, offset, shape, stride] = args as [Storage, number, number[], number[]]
    return new StoredTensor(storage, offset, shape, stride)
  },
}

/**
 * Opens a state dict.
 *
 * @throws KindredError `not-found`, `corrupt`, `unsupported` for whole pickled models, other element types, or compressed archives
 */
export function openTorch(path: string): WeightFile {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch (error) {
    throw ioError('weights', path, error)
  }
  try {
    const file = new FileBytes(fd, path)
    const { value, place } = file.at(0, 2).toString('latin1') === 'PK' ? readZip(file) : readStream(file)
    const tensors = [...stateDict(value, path)].filter(([, t]) => t instanceof StoredTensor) as [string, StoredTensor][]
    return { path, format: 'torch', order: 'outputs-first', layers: pairs(tensors, path, (t) => stored(t, file, place)), close: () => closeSync(fd) }
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** Reads from a file at any place, and complains clearly at its end. */
class FileBytes {
  readonly fd: number
  readonly path: string
  readonly size: number
  constructor(fd: number, path: string) {
    this.fd = fd
    this.path = path
    this.size = fstatSync(fd).size
  }
  at(from: number, length: number): Buffer<ArrayBuffer> {
    const bytes = Buffer.from(new ArrayBuffer(Math.max(0, length)))
    this.into(bytes, from)
    return bytes
  }
  into(bytes: Uint8Array, from: number): void {
    for (let done = 0; done < bytes.length; ) {
      const n = readSync(this.fd, bytes, done, Math.min(bytes.length - done, 1 << 28), from + done)
      if (n === 0) throw corrupt(this.path, `${bytes.length} bytes must follow byte ${from}`, `its end at ${this.size}`)
      done += n
    }
  }
}

/** The unpickled object, and where the numbers of each storage begin. */
interface Archive {
  readonly value: unknown
  readonly place: ReadonlyMap<string, number>
}

function readZip(file: FileBytes): Archive {
  const entries = zipEntries(file)
  const pickled = [...entries.keys()].find((name) => name.endsWith('/data.pkl'))
  if (pickled === undefined) throw new KindredError('unsupported', file.path, 'the archive must be one that torch.save wrote (with data.pkl)', [...entries.keys()].slice(0, 4).join(', ') || 'an empty archive')
  const folder = pickled.slice(0, -'data.pkl'.length)
  const order = entries.get(`${folder}byteorder`)
  if (order !== undefined && file.at(order.from, order.size).toString() !== 'little') throw new KindredError('unsupported', file.path, 'its numbers must be little-endian', 'big-endian ones')
  const { from, size } = entries.get(pickled)!
  const { value } = unpickle(file.at(from, size), torchObjects, file.path)
  const place = new Map([...entries].filter(([name]) => name.startsWith(`${folder}data/`)).map(([name, e]) => [name.slice(folder.length + 5), e.from]))
  return { value, place }
}

/** Name, place and length of each file in a zip archive without compression. */
function zipEntries(file: FileBytes): Map<string, { from: number; size: number }> {
  const tail = file.at(Math.max(0, file.size - 65_557), Math.min(file.size, 65_557))
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0) throw corrupt(file.path, 'a zip archive must end with its directory', 'none')
  let [entries, size, from] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)]
  const far = tail.lastIndexOf(Buffer.from('PK\x06\x06', 'latin1'), end)
  if (far >= 0 && (from === 0xffffffff || entries === 0xffff)) [entries, size, from] = [Number(tail.readBigUInt64LE(far + 32)), Number(tail.readBigUInt64LE(far + 40)), Number(tail.readBigUInt64LE(far + 48))]
  const directory = file.at(from, size)
  const found = new Map<string, { from: number; size: number }>()
  for (let i = 0, at = 0; i < entries; i++) {
    if (directory.toString('latin1', at, at + 4) !== 'PK\x01\x02') throw corrupt(file.path, `entry ${i + 1} of the archive's directory must be readable`, 'other bytes')
    const [method, stored, nameLength, extraLength, commentLength] = [directory.readUInt16LE(at + 10), directory.readUInt32LE(at + 24), directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30), directory.readUInt16LE(at + 32)]
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
    if (method !== 0) throw new KindredError('unsupported', file.path, 'its archive must not be compressed, as torch.save writes it', `${name} with method ${method}`)
    const local = directory.readUInt32LE(at + 42)
    if (stored === 0xffffffff || local === 0xffffffff) throw new KindredError('unsupported', file.path, 'its parts must lie below 4 GB', name)
    const head = file.at(local, 30)
    found.set(name, { from: local + 30 + head.readUInt16LE(26) + head.readUInt16LE(28), size: stored })
    at += 46 + nameLength + extraLength + commentLength
  }
  return found
}

function readStream(file: FileBytes): Archive {
  const head = file.at(0, Math.min(file.size, 1 << 24)) // the pickles of a state dict are small
  let at = 0
  const storages = new Map<string, Storage>()
  const noting: Unpickler = {
    ...torchObjects,
    persistent(id) {
      const s = torchObjects.persistent(id) as Storage | null
      if (s !== null) storages.set(s.key, s)
      return s
    },
  }
  const next = (): unknown => {
    const { value, end } = unpickle(head.subarray(at), noting, file.path)
    at += end
    return value
  }
  const magic = head[0] === 0x80 ? next() : undefined
  if (magic !== Number(0x1950a86a20f9469cfc6cn)) throw new KindredError('unsupported', file.path, 'it must be a file of torch.save', 'neither a zip archive nor its magic number', 'In Python: torch.save(model.state_dict(), path).')
  next()
  next()
  const value = next()
  const keys = next() as string[]
  const place = new Map<string, number>()
  for (const key of keys) {
    const s = storages.get(key)
    const width = widths[s?.type ?? '']
    if (width === undefined) throw new KindredError('unsupported', file.path, 'its storages must be of a known type', String(s?.type))
    const size = Number(file.at(at, 8).readBigInt64LE(0))
    place.set(key, at + 8)
    at += 8 + size * width
  }
  return { value, place }
}

/** The dictionary of tensors, which some files keep under `state_dict` or `model`. */
function stateDict(value: unknown, path: string): Map<string, unknown> {
  for (const v of [value, ...['state_dict', 'model_state_dict', 'model'].map((key) => (value instanceof Map ? value.get(key) : undefined))]) {
    if (v instanceof Map && [...v.values()].some((t) => t instanceof StoredTensor)) return v as Map<string, unknown>
  }
  throw new KindredError('unsupported', path, 'it must hold a dictionary of tensors', value instanceof Map ? `keys ${[...value.keys()].slice(0, 6).join(', ')}` : typeof value, 'In Python: torch.save(model.state_dict(), path).')
}

/** `x.weight` and `x.bias`, in the dictionary's order, which is the network's. */
function pairs(tensors: readonly [string, StoredTensor][], path: string, open: (named: [string, StoredTensor]) => StoredArray): StoredLayer[] {
  const byName = new Map(tensors)
  return tensors.filter(([name]) => name.endsWith('.weight')).map(([name, kernel]) => {
    const layer = name.slice(0, -'.weight'.length)
    const bias = byName.get(`${layer}.bias`)
    if (bias === undefined) throw corrupt(path, `layer ${layer} must have a bias`, 'none')
    return { name: layer, kernel: open([name, kernel]), bias: open([`${layer}.bias`, bias]) }
  })
}

function stored([name, t]: [string, StoredTensor], file: FileBytes, place: ReadonlyMap<string, number>): StoredArray {
  if (t.storage?.type !== 'FloatStorage') throw new KindredError('unsupported', file.path, `tensor ${name} must hold float32`, String(t.storage?.type), 'Call .float() before saving.')
  let step = 1
  for (let i = t.shape.length - 1; i >= 0; step *= t.shape[i--]) {
    if (t.shape[i] > 1 && t.stride[i] !== step) throw new KindredError('unsupported', file.path, `tensor ${name} must be contiguous`, `strides ${t.stride.join(', ')} for [${t.shape.join(', ')}]`, 'Call .contiguous() before saving.')
  }
  const size = count(t.shape)
  const start = place.get(t.storage.key)
  if (start === undefined || t.offset + size > t.storage.size) throw corrupt(file.path, `tensor ${name} must lie within its storage ${t.storage.key}`, `${t.offset + size} of ${t.storage.size} numbers`)
  const read = (from = 0, to = size): Float32Array => {
    const values = new Float32Array(to - from)
    file.into(new Uint8Array(values.buffer), start + 4 * (t.offset + from))
    return values
  }
  return { name, shape: t.shape, read }
}
