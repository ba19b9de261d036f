/**
 * @file PyTorch state dicts (`.pth`, `.pt`), read tensor by tensor: the zip archives that torch.save has written since 1.6, and the stream before that.
 *
 * Zip: `NAME/data.pkl` holds the pickled dictionary, `NAME/data/KEY` the bytes of each storage, never compressed.
 * Stream: pickles of a magic number, a protocol number, the writer's system, the dictionary and the storages' keys; then each storage as int64 count and bytes.
 * Source: torch/serialization.py (`_load`, `_legacy_load`); APPNOTE.TXT of PKWARE for the archive.
 */
import { ensureWithin, KindredError } from '../../base/index.ts'
import { FileBytes, zipEntries } from '../../files/index.ts'
import { unpickle, type Unpickler } from './pickle.ts'
import { corrupt, count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'

class Storage {
  readonly type: string
  readonly key: string
  readonly size: number
  constructor(type: string, key: string, size: number) {
    this.type = type
    this.key = key
    this.size = size
  }
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
const widths: ReadonlyMap<string, number> = new Map(
  Object.entries({
    FloatStorage: 4,
    DoubleStorage: 8,
    HalfStorage: 2,
    BFloat16Storage: 2,
    LongStorage: 8,
    IntStorage: 4,
    ShortStorage: 2,
    CharStorage: 1,
    ByteStorage: 1,
    BoolStorage: 1,
  }),
)

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const areSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize)

/** The objects of a state dict; what does not fit together is refused before anything is read by it. */
const torchObjects = (path: string): Unpickler => ({
  persistent(id) {
    const [tag, type, key, , size] = Array.isArray(id) ? (id as [unknown, { name?: unknown } | undefined, unknown, unknown, unknown]) : []
    if (tag !== 'storage' || typeof type?.name !== 'string' || (typeof key !== 'string' && !isSize(key)) || !isSize(size))
      throw corrupt(path, 'a storage must have a type, a key and a size', 'something else')
    return new Storage(type.name.split('.').at(-1)!, String(key), size)
  },
  call(name, args) {
    if (name === 'collections.OrderedDict') return dictionary(args[0], path)
    if (name === 'torch._utils._rebuild_parameter') return args[0]
    if (name !== 'torch._utils._rebuild_tensor_v2' && name !== 'torch._utils._rebuild_tensor') return undefined
    const [storage, offset, shape, stride] = args
    if (!(storage instanceof Storage) || !isSize(offset) || !areSizes(shape) || !areSizes(stride) || stride.length !== shape.length)
      throw corrupt(
        path,
        'a tensor must have a storage, and an offset, sizes and strides that are whole numbers of at least 0',
        'something else',
      )
    ensureWithin('nesting', shape.length, path, 'the axes of a tensor')
    ensureWithin('tensorElements', count(shape), path, 'a tensor')
    const end = shape.includes(0) ? offset : offset + shape.reduce((last, d, i) => last + (d - 1) * stride[i], 1)
    if (end > storage.size) throw corrupt(path, `a tensor must lie within its storage ${storage.key}`, `${end} of ${storage.size} numbers`)
    return new StoredTensor(storage, offset, shape, stride)
  },
})

/** What OrderedDict makes of its argument: pairs, or nothing. */
function dictionary(pairs: unknown, path: string): Map<unknown, unknown> {
  if (pairs === undefined) return new Map()
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    throw corrupt(path, 'a dictionary must be made of pairs', 'something else')
  return new Map(pairs as [unknown, unknown][])
}

/**
 * Opens a state dict.
 *
 * Every size, offset and stride is held against what the file has. Zip archives carry a CRC-32 of each storage, which is checked before its first number is
 * handed out; files of the older kind have none.
 * @throws KindredError `not-found`, `corrupt`, `limit`, `unsupported` for whole pickled models, other element types, or compressed archives
 */
export function openTorch(path: string): WeightFile {
  const file = new FileBytes(path, 'weights')
  try {
    const { value, storages } = file.at(0, Math.min(2, file.size)).toString('latin1') === 'PK' ? readZip(file) : readStream(file)
    const tensors = [...stateDict(value, path)].filter(
      (entry): entry is [string, StoredTensor] => typeof entry[0] === 'string' && entry[1] instanceof StoredTensor,
    )
    return {
      path,
      format: 'torch',
      order: 'outputs-first',
      layers: pairs(tensors, path, (t) => stored(t, file, storages)),
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

/** Where the numbers of a storage begin. */
interface StoragePlace {
  readonly from: number
  readonly bytes: number
  /** Throws unless the bytes are those that were written; undefined where the file has no checksum. */
  readonly check?: () => void
}

/** The unpickled object, and the storages by key. */
interface Archive {
  readonly value: unknown
  readonly storages: ReadonlyMap<string, StoragePlace>
}

function readZip(file: FileBytes): Archive {
  const { path } = file
  const entries = zipEntries(file)
  const squeezed = [...entries.values()].find((entry) => entry.method !== 'stored')
  if (squeezed !== undefined)
    throw new KindredError('unsupported', path, 'its archive must not be compressed, as torch.save writes it', squeezed.name)
  const checked = new Set<string>()
  const check = (name: string): void => {
    const { from, size, crc } = entries.get(name)!
    if (checked.has(name)) return
    if (file.crc32(from, size) !== crc)
      throw new KindredError(
        'corrupt',
        path,
        `${name} must have the checksum that the archive names`,
        'other bytes',
        'The file is damaged: fetch it again. (torch.save must not have been told to leave CRC-32 out.)',
      )
    checked.add(name)
  }
  const read = (name: string): Buffer => {
    const { from, size } = entries.get(name)!
    ensureWithin('textBytes', size, path, name)
    check(name)
    return file.at(from, size)
  }
  const pickled = [...entries.keys()].find((name) => name.endsWith('/data.pkl'))
  if (pickled === undefined)
    throw new KindredError(
      'unsupported',
      path,
      'the archive must be one that torch.save wrote (with data.pkl)',
      [...entries.keys()].slice(0, 4).join(', ') || 'an empty archive',
    )
  const folder = pickled.slice(0, -'data.pkl'.length)
  if (entries.has(`${folder}byteorder`) && read(`${folder}byteorder`).toString() !== 'little')
    throw new KindredError('unsupported', path, 'its numbers must be little-endian', 'big-endian ones')
  const bytes = read(pickled)
  const { value, end } = unpickle(bytes, torchObjects(path), path)
  if (end !== bytes.length) throw corrupt(path, `${pickled} must end with its pickle`, `${bytes.length - end} bytes more`)
  const data = `${folder}data/`
  const places = [...entries.values()]
    .filter(({ name }) => name.startsWith(data))
    .map(({ name, from, size }): [string, StoragePlace] => [name.slice(data.length), { from, bytes: size, check: () => check(name) }])
  return { value, storages: new Map(places) }
}

function readStream(file: FileBytes): Archive {
  const { path } = file
  const head = file.at(0, Math.min(file.size, 1 << 24)) // the pickles of a state dict are small
  let at = 0
  const named = new Map<string, Storage>()
  const objects = torchObjects(path)
  const noting: Unpickler = {
    ...objects,
    persistent(id) {
      const s = objects.persistent(id) as Storage
      named.set(s.key, s)
      return s
    },
  }
  const next = (): unknown => {
    const { value, end } = unpickle(head.subarray(at), noting, path)
    at += end
    return value
  }
  const magic = head[0] === 0x80 ? next() : undefined
  if (magic !== Number(0x1950a86a20f9469cfc6cn))
    throw new KindredError(
      'unsupported',
      path,
      'it must be a file of torch.save',
      'neither a zip archive nor its magic number',
      'In Python: torch.save(model.state_dict(), path).',
    )
  if (next() !== 1001) throw new KindredError('unsupported', path, 'the protocol must be 1001, as torch.save writes it', 'another')
  next() // the writer's system
  const value = next()
  const keys = next()
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string') || new Set(keys).size !== keys.length)
    throw corrupt(path, 'the storages must be listed by their keys', 'something else')
  const storages = new Map<string, StoragePlace>()
  for (const key of keys as string[]) {
    const s = named.get(key)
    const width = widths.get(s?.type ?? '')
    if (s === undefined || width === undefined)
      throw new KindredError('unsupported', path, 'its storages must be of a known type', String(s?.type))
    const size = file.at(at, 8).readBigInt64LE(0)
    if (size !== BigInt(s.size)) throw corrupt(path, `storage ${key} must hold ${s.size} numbers`, `${size} at byte ${at}`)
    storages.set(key, { from: at + 8, bytes: s.size * width })
    at += 8 + s.size * width
  }
  if (at !== file.size) throw corrupt(path, `it must end after its last storage, at byte ${at}`, `${file.size} bytes`)
  return { value, storages }
}

/** The dictionary of tensors, which some files keep under `state_dict` or `model`. */
function stateDict(value: unknown, path: string): Map<string, unknown> {
  for (const v of [
    value,
    ...['state_dict', 'model_state_dict', 'model'].map((key) => (value instanceof Map ? value.get(key) : undefined)),
  ]) {
    if (v instanceof Map && [...v.values()].some((t) => t instanceof StoredTensor)) return v as Map<string, unknown>
  }
  throw new KindredError(
    'unsupported',
    path,
    'it must hold a dictionary of tensors',
    value instanceof Map
      ? `keys ${[...value.keys()]
          .filter((key) => typeof key === 'string')
          .slice(0, 6)
          .join(', ')}`
      : typeof value,
    'In Python: torch.save(model.state_dict(), path).',
  )
}

/** `x.weight` and `x.bias`, in the dictionary's order, which is the network's. */
function pairs(
  tensors: readonly [string, StoredTensor][],
  path: string,
  open: (named: [string, StoredTensor]) => StoredArray,
): StoredLayer[] {
  const byName = new Map(tensors)
  return tensors
    .filter(([name]) => name.endsWith('.weight'))
    .map(([name, kernel]) => {
      const layer = name.slice(0, -'.weight'.length)
      const bias = byName.get(`${layer}.bias`)
      if (bias === undefined) throw corrupt(path, `layer ${layer} must have a bias`, 'none')
      return { name: layer, kernel: open([name, kernel]), bias: open([`${layer}.bias`, bias]) }
    })
}

function stored([name, t]: [string, StoredTensor], file: FileBytes, storages: ReadonlyMap<string, StoragePlace>): StoredArray {
  const { path } = file
  if (t.storage.type !== 'FloatStorage')
    throw new KindredError('unsupported', path, `tensor ${name} must hold float32`, t.storage.type, 'Call .float() before saving.')
  let step = 1
  for (let i = t.shape.length - 1; i >= 0; step *= t.shape[i--]) {
    if (t.shape[i] > 1 && t.stride[i] !== step)
      throw new KindredError(
        'unsupported',
        path,
        `tensor ${name} must be contiguous`,
        `strides ${t.stride.join(', ')} for [${t.shape.join(', ')}]`,
        'Call .contiguous() before saving.',
      )
  }
  const size = count(t.shape)
  const place = storages.get(t.storage.key)
  if (place === undefined || place.bytes !== 4 * t.storage.size)
    throw corrupt(
      path,
      `storage ${t.storage.key} of tensor ${name} must hold ${4 * t.storage.size} bytes`,
      place === undefined ? 'none' : String(place.bytes),
    )
  const read = (from = 0, to = size): Float32Array => {
    place.check?.()
    const values = new Float32Array(to - from)
    file.into(new Uint8Array(values.buffer), place.from + 4 * (t.offset + from))
    return values
  }
  return { name, shape: t.shape, read }
}
