/**
 * @file Keras weights in HDF5, read dataset by dataset through h5wasm (the HDF5 library itself, compiled to WebAssembly).
 *
 * Three writers are understood: `model.save_weights('x.h5')` of Keras 1 and 2 and their own downloads (groups at the root), `model.save('x.h5')` (the same under
 * `model_weights`), and Keras 3's `x.weights.h5` (`layers/NAME/vars/0`). As in Keras, order decides and names do not: the group's `layer_names`, and each
 * layer's `weight_names`. Source: keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py.
 */
import { KindredError } from '../../base/index.ts'
import { ioError } from '../../files/index.ts'
import { closeSync, openSync } from 'node:fs'
import { corrupt, count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'
import type { Dataset, Group } from 'h5wasm'

/**
 * Opens a Keras file.
 *
 * @throws KindredError `not-found`, `corrupt` when HDF5 refuses it, `unsupported` when there are no Keras weights in it
 */
export async function openKerasH5(path: string): Promise<WeightFile> {
  const h5 = await library()
  try {
    closeSync(openSync(path, 'r')) // HDF5's own complaint does not say what is wrong with the path
  } catch (error) {
    throw ioError('weights', path, error)
  }
  let file: InstanceType<typeof h5.File>
  try {
    file = new h5.File(path, 'r')
    if (file.file_id < 0n) throw new Error('HDF5 could not open it')
  } catch (error) {
    throw corrupt(path, 'HDF5 must be able to open it', reason(error), error)
  }
  try {
    const layers = (legacyLayers(file, path) ?? keras3Layers(file, path))?.filter((arrays) => arrays.length > 0)
    if (layers === undefined) throw new KindredError('unsupported', path, 'it must hold Keras weights (an attribute layer_names, or a group layers)', `groups ${file.keys().slice(0, 8).join(', ') || 'none'}`)
    return { path, format: 'keras-h5', order: 'inputs-first', layers: layers.map((arrays) => pair(arrays, path)), close: () => void file.close() }
  } catch (error) {
    file.close()
    throw error
  }
}

async function library(): Promise<typeof import('h5wasm')> {
  const h5 = (await import('h5wasm/node')) as unknown as typeof import('h5wasm')
  const { activate_throwing_error_handler: complain } = await h5.ready
  complain() // HDF5's own messages become exceptions instead of lines on stderr
  return h5
}

/** The innermost of HDF5's many lines: `#006: file.c line 577 in H5F__super_read(): truncated file: ...`. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return [...message.matchAll(/#\d+: .*?\(\): (.*)/g)].at(-1)?.[1] ?? message
}

type NamedArray = StoredArray & { readonly layer: string }

/** The arrays of each layer, as Keras 1 and 2 write them. */
function legacyLayers(file: Group, path: string): NamedArray[][] | undefined {
  const root = 'layer_names' in file.attrs ? file : (file.get('model_weights') as Group | null)
  if (root === null || !('layer_names' in root.attrs)) return undefined
  return strings(root, 'layer_names').map((layer) => {
    const group = root.get(layer) as Group | null
    if (group === null) throw corrupt(path, `group ${layer}, which layer_names names, must exist`, 'none')
    return strings(group, 'weight_names').map((name) => array(group.get(name), name, layer, path))
  })
}

/** The arrays of each layer, as Keras 3 writes them; layers are called conv2d, conv2d_1, ..., dense, ... */
function keras3Layers(file: Group, path: string): NamedArray[][] | undefined {
  const root = (file.get('layers') ?? file.get('_layer_checkpoint_dependencies')) as Group | null
  if (root === null) return undefined
  const names = root.keys().sort((a, b) => kind(a) - kind(b) || a.localeCompare(b, 'en', { numeric: true }))
  return names.map((layer) => {
    const vars = root.get(`${layer}/vars`) as Group | null
    return (vars?.keys() ?? []).sort().map((name) => array(vars!.get(name), `${layer}/vars/${name}`, layer, path))
  })
}

/** Convolutions come before dense layers. */
const kind = (layer: string): number => (layer.startsWith('conv') ? 0 : 1)

/** A string list attribute; an empty one reads as null. */
function strings(group: Group, name: string): string[] {
  const value = group.attrs[name]?.value
  return Array.isArray(value) ? (value as string[]) : typeof value === 'string' ? [value] : []
}

function pair(arrays: NamedArray[], path: string): StoredLayer {
  const [kernel, bias] = arrays
  if (arrays.length !== 2 || bias.shape.length !== 1) throw corrupt(path, `layer ${kernel.layer} must hold a kernel and a bias`, arrays.map((a) => `${a.name} [${a.shape.join(', ')}]`).join(' and '))
  return { name: kernel.layer, kernel, bias }
}

function array(entity: unknown, name: string, layer: string, path: string): NamedArray {
  const dataset = entity as Dataset | null
  const shape = dataset?.shape
  if (dataset === null || shape === null || shape === undefined) throw corrupt(path, `dataset ${name} must exist`, 'none')
  if (dataset.dtype !== '<f') throw new KindredError('unsupported', path, `dataset ${name} must hold little-endian float32`, String(dataset.dtype), 'Save the model in float32.')
  const size = count(shape)
  const read = (from = 0, to = size): Float32Array => {
    let values: Float32Array | null
    try {
      values = dataset.slice(hyperslab(shape, from, to)) as Float32Array | null
    } catch (error) {
      throw corrupt(path, `dataset ${name} must be readable`, reason(error), error)
    }
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
