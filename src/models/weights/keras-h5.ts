/**
 * @file Keras weights in HDF5, read dataset by dataset.
 *
 * Three writers are understood: `model.save_weights('x.h5')` of Keras 1 and 2 and their own downloads (groups at the root), `model.save('x.h5')` (the same
 * under `model_weights`), and Keras 3's `x.weights.h5` (`layers/NAME/vars/0`). As in Keras, order decides and names do not: the group's `layer_names`, and each
 * layer's `weight_names`. Source: keras/src/legacy/saving/legacy_h5_format.py and keras/src/saving/saving_lib.py.
 */
import { closeSync } from 'node:fs'
import { ensureWithin, KindredError } from '../../base/index.ts'
import { openRegular } from '../../files/index.ts'
import { openHdf5, type Hdf5File } from './hdf5.ts'
import { corrupt, count, type StoredArray, type StoredLayer, type WeightFile } from './weight-file.ts'

/**
 * Opens a Keras file.
 *
 * @throws KindredError `not-found`, `corrupt` when HDF5 refuses it, `limit`, `unsupported` when there are no Keras weights in it
 */
export async function openKerasH5(path: string): Promise<WeightFile> {
  const { fd, stats } = openRegular(path, 'weights') // HDF5's own complaint does not say what is wrong with the path
  closeSync(fd)
  ensureWithin('fileBytes', stats.size, 'weights', path)
  const file = openHdf5(path)
  try {
    const layers = (legacyLayers(file, path) ?? keras3Layers(file, path))?.filter((arrays) => arrays.length > 0)
    if (layers === undefined) {
      const groups = file.group('/')?.keys.slice(0, 8).join(', ') ?? ''
      throw new KindredError(
        'unsupported',
        path,
        'it must hold Keras weights (an attribute layer_names, or a group layers)',
        `groups ${groups || 'none'}`,
      )
    }
    ensureWithin('entries', layers.length, path, 'the list of layers')
    return {
      path,
      format: 'keras-h5',
      order: 'inputs-first',
      layers: layers.map((arrays) => pair(arrays, path)),
      close: () => file.close(),
    }
  } catch (error) {
    file.close()
    throw error
  }
}

type NamedArray = StoredArray & { readonly layer: string }

/** The arrays of each layer, as Keras 1 and 2 write them. */
function legacyLayers(file: Hdf5File, path: string): NamedArray[][] | undefined {
  for (const root of ['/', '/model_weights/']) {
    const names = file.group(root)?.attributes.layer_names
    if (names === undefined) continue
    return strings(names, 'layer_names', path).map((layer) => {
      const group = file.group(`${root}${layer}`)
      if (group === undefined) throw corrupt(path, `group ${layer}, which layer_names names, must exist`, 'none')
      return strings(group.attributes.weight_names ?? [], 'weight_names', path).map((name) =>
        array(file, `${root}${layer}/${name}`, name, layer, path),
      )
    })
  }
  return undefined
}

/** The arrays of each layer, as Keras 3 writes them; layers are called conv2d, conv2d_1, ..., dense, ... */
function keras3Layers(file: Hdf5File, path: string): NamedArray[][] | undefined {
  for (const root of ['/layers', '/_layer_checkpoint_dependencies']) {
    const group = file.group(root)
    if (group === undefined) continue
    const names = [...group.keys].sort((a, b) => kind(a) - kind(b) || a.localeCompare(b, 'en', { numeric: true }))
    return names.map((layer) => {
      const vars = file.group(`${root}/${layer}/vars`)?.keys ?? []
      return [...vars].sort().map((name) => array(file, `${root}/${layer}/vars/${name}`, `${layer}/vars/${name}`, layer, path))
    })
  }
  return undefined
}

/** Convolutions come before dense layers. */
const kind = (layer: string): number => (layer.startsWith('conv') ? 0 : 1)

/** A string list attribute; an empty one reads as null, or as no numbers. */
function strings(value: unknown, name: string, path: string): string[] {
  if (value === null || (ArrayBuffer.isView(value) && value.byteLength === 0)) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || !list.every((v) => typeof v === 'string'))
    throw corrupt(path, `attribute ${name} must be a list of names`, 'something else')
  return list
}

function pair(arrays: NamedArray[], path: string): StoredLayer {
  const [kernel, bias] = arrays
  if (arrays.length !== 2 || bias.shape.length !== 1)
    throw corrupt(
      path,
      `layer ${kernel.layer} must hold a kernel and a bias`,
      arrays.map((a) => `${a.name} [${a.shape.join(', ')}]`).join(' and '),
    )
  return { name: kernel.layer, kernel, bias }
}

function array(file: Hdf5File, place: string, name: string, layer: string, path: string): NamedArray {
  const dataset = file.dataset(place)
  if (dataset === undefined) throw corrupt(path, `dataset ${name} must exist`, 'none')
  const { shape, dtype, virtual } = dataset
  if (virtual) throw new KindredError('unsupported', path, `dataset ${name} must be in the file itself`, 'one made of other files')
  ensureWithin('tensorElements', count(shape), path, `dataset ${name}`)
  if (dtype !== '<f')
    throw new KindredError('unsupported', path, `dataset ${name} must hold little-endian float32`, dtype, 'Save the model in float32.')
  const size = count(shape)
  const read = (from = 0, to = size): Float32Array => {
    const values = file.slice(place, hyperslab(shape, from, to))
    if (values?.length !== to - from)
      throw corrupt(path, `dataset ${name} must hold ${to - from} numbers from ${from} on`, String(values?.length))
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
      if (!Number.isInteger(rows) || start + rows > size || from % inner !== 0)
        throw new RangeError(`numbers ${from}..${to} are no block of [${shape.join(', ')}]`)
      ranges.push([start, start + rows])
      break
    }
    ranges.push([start, start + 1])
  }
  while (ranges.length < shape.length) ranges.push([0, shape[ranges.length]])
  return ranges
}
