/**
 * @file Keras weights in HDF5, read dataset by dataset through h5wasm (the HDF5 library itself, compiled to WebAssembly).
 *
 * Three writers are understood: `model.save_weights('x.h5')` of Keras 1 and 2 and their own downloads (groups at the root), `model.save('x.h5')` (the same under
 * `model_weights`), and Keras 3's `x.weights.h5` (`layers/NAME/vars/0`). As in Keras, order decides and names do not: the group's `layer_names`, and each
 * layer's `weight_names`. Source: keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py.
 */
import { closeSync } from 'node:fs'
import { ensureWithin, KindredError } from '../../base/index.ts'
import { needParts, openRegular } from '../../files/index.ts'
import { corrupt, count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'
import type { Dataset, Group } from 'h5wasm'

/**
 * Opens a Keras file.
 *
 * @throws KindredError `not-found`, `corrupt` when HDF5 refuses it, `limit`, `unsupported` when there are no Keras weights in it
 */
export async function openKerasH5(path: string): Promise<WeightFile> {
  const { fd, stats } = openRegular(path, 'weights') // HDF5's own complaint does not say what is wrong with the path
  closeSync(fd)
  ensureWithin('fileBytes', stats.size, 'weights', path)
  const h5 = await library()
  const file = told(path, 'HDF5 must be able to open it', () => {
    const opened = new h5.File(path, 'r')
    if (opened.file_id < 0n) throw new Error('HDF5 could not open it')
    return opened
  })
  try {
    return told(path, 'its groups must be readable', () => {
      const layers = (legacyLayers(file, path) ?? keras3Layers(file, path))?.filter((arrays) => arrays.length > 0)
      if (layers === undefined) throw new KindredError('unsupported', path, 'it must hold Keras weights (an attribute layer_names, or a group layers)', `groups ${file.keys().slice(0, 8).join(', ') || 'none'}`)
      ensureWithin('entries', layers.length, path, 'the list of layers')
      return { path, format: 'keras-h5' as const, order: 'inputs-first' as const, layers: layers.map((arrays) => pair(arrays, path)), close: () => closeQuietly(file) }
    })
  } catch (error) {
    closeQuietly(file)
    throw error
  }
}

/** What `read` gives; HDF5's refusals, many lines of its own, become one of ours. */
function told<T>(path: string, expected: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof KindredError) throw error
    if (error instanceof WebAssembly.RuntimeError) crashes++
    throw corrupt(path, expected, reason(error), error)
  }
}

/** How often a file has driven the library out of its memory; what is left of it then cannot be used again. */
let crashes = 0

async function library(): Promise<typeof import('h5wasm')> {
  needParts('weights', ['hdf5'])
  const fresh = crashes === 0 ? undefined : `${import.meta.resolve('h5wasm/node')}?${crashes}`
  const h5 = (fresh === undefined ? await import('h5wasm/node') : await import(fresh)) as unknown as typeof import('h5wasm')
  const { activate_throwing_error_handler: complain } = await h5.ready
  complain() // HDF5's own messages become exceptions instead of lines on stderr
  return h5
}

/** Closes a file; one that the library could not read it may be unable to close as well. */
function closeQuietly(file: { close(): unknown }): void {
  try {
    file.close()
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) crashes++
  }
}

/** Why HDF5 refused, in our words: its own name its source files and functions. The whole of them is the error's cause. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const cut = /truncated file: eof = (\d+)[^\n]*?stored_eof = (\d+)/.exec(message)
  if (cut !== null) return `${cut[1]} bytes of ${cut[2]}: it is cut off`
  return !(error instanceof WebAssembly.RuntimeError) && /memory|malloc/i.test(message) ? 'a size that memory does not hold' : 'damaged bytes'
}

type NamedArray = StoredArray & { readonly layer: string }

/** The arrays of each layer, as Keras 1 and 2 write them. */
function legacyLayers(file: Group, path: string): NamedArray[][] | undefined {
  const root = 'layer_names' in file.attrs ? file : groupOf(file, 'model_weights')
  if (root === undefined || !('layer_names' in root.attrs)) return undefined
  return strings(root, 'layer_names', path).map((layer) => {
    const group = groupOf(root, layer)
    if (group === undefined) throw corrupt(path, `group ${layer}, which layer_names names, must exist`, 'none')
    return strings(group, 'weight_names', path).map((name) => array(group.get(name), name, layer, path))
  })
}

/** The arrays of each layer, as Keras 3 writes them; layers are called conv2d, conv2d_1, ..., dense, ... */
function keras3Layers(file: Group, path: string): NamedArray[][] | undefined {
  const root = groupOf(file, 'layers') ?? groupOf(file, '_layer_checkpoint_dependencies')
  if (root === undefined) return undefined
  const names = root.keys().sort((a, b) => kind(a) - kind(b) || a.localeCompare(b, 'en', { numeric: true }))
  return names.map((layer) => {
    const vars = groupOf(root, `${layer}/vars`)
    return (vars?.keys() ?? []).sort().map((name) => array(vars!.get(name), `${layer}/vars/${name}`, layer, path))
  })
}

/** The group of this name; links that lead out of the file are none. */
function groupOf(parent: Group, name: string): Group | undefined {
  const found = parent.get(name) as Group | null
  return typeof found?.keys === 'function' ? found : undefined
}

/** Convolutions come before dense layers. */
const kind = (layer: string): number => (layer.startsWith('conv') ? 0 : 1)

/** A string list attribute; an empty one reads as null, or as no numbers. */
function strings(group: Group, name: string, path: string): string[] {
  const value: unknown = group.attrs[name]?.value ?? []
  if (ArrayBuffer.isView(value) && value.byteLength === 0) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || !list.every((v) => typeof v === 'string')) throw corrupt(path, `attribute ${name} must be a list of names`, 'something else')
  return list
}

function pair(arrays: NamedArray[], path: string): StoredLayer {
  const [kernel, bias] = arrays
  if (arrays.length !== 2 || bias.shape.length !== 1) throw corrupt(path, `layer ${kernel.layer} must hold a kernel and a bias`, arrays.map((a) => `${a.name} [${a.shape.join(', ')}]`).join(' and '))
  return { name: kernel.layer, kernel, bias }
}

function array(entity: unknown, name: string, layer: string, path: string): NamedArray {
  const dataset = entity as Dataset | null
  const shape = dataset?.metadata?.shape
  if (dataset === null || shape === null || shape === undefined) throw corrupt(path, `dataset ${name} must exist`, 'none')
  if (dataset.metadata.virtual_sources !== undefined) throw new KindredError('unsupported', path, `dataset ${name} must be in the file itself`, 'one made of other files')
  ensureWithin('tensorElements', count(shape), path, `dataset ${name}`)
  if (dataset.dtype !== '<f') throw new KindredError('unsupported', path, `dataset ${name} must hold little-endian float32`, String(dataset.dtype), 'Save the model in float32.')
  const size = count(shape)
  const read = (from = 0, to = size): Float32Array => {
    const values = told(path, `dataset ${name} must be readable`, () => dataset.slice(hyperslab(shape, from, to)) as Float32Array | null)
    if (values === null || values.length !== to - from) throw corrupt(path, `dataset ${name} must hold ${to - from} numbers from ${from} on`, String(values?.length))
    return values
  }
  return { name, layer, shape, read }
}

/** The block of an array that is the run from..to of its row-major order: leading axes at one index, one axis a range, the rest whole. */
export function hyperslab(shape: readonly number[], from: number, to: number): [number, number][] {
  let inner = count(shape)
  const ranges: [number, number][] = []
  for (const size of shape) {
    inner /= size
    const start = Math.floor(from / inner) % size
    const rows = (to - from) / inner
    if (rows >= 1) {
      if (!Number.isInteger(rows) || start + rows > size || from % inner !== 0) throw new RangeError(`numbers ${from}..${to} are no block of [${shape.join(', ')}]`)
      ranges.push([start, start + rows])
      break
    }
    ranges.push([start, start + 1])
  }
  while (ranges.length < shape.length) ranges.push([0, shape[ranges.length]])
  return ranges
}
