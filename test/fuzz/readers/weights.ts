/** @file Readers of weights: PyTorch, Keras, ONNX and TensorFlow.js files, and VGG made of them. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readTfjsWeights } from '../../../src/faces/index.ts'
import { loadVgg, openWeights, type VggModel, type VggPreprocessingName } from '../../../src/models/index.ts'
import { zipOf } from '../mutate/index.ts'
import { json, must, mustBeFinite, once, part, type Files, type Input, type Reader } from './reader.ts'

const golden = new URL('../../golden/vgg/', import.meta.url)
const unpacked = (name: string): Uint8Array => new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.gz`, golden))))

/** All numbers of a weights file, layer by layer. */
async function numbersOf(path: string): Promise<Float32Array[]> {
  const file = await openWeights(path)
  try {
    must(file.layers.length > 0, 'a weights file without layers is accepted')
    return file.layers.flatMap((layer) =>
      [layer.kernel, layer.bias].map((array) => {
        const size = array.shape.reduce((a, b) => a * b, 1)
        for (const d of array.shape) must(Number.isSafeInteger(d) && d >= 0, `${array.name} has the shape [${array.shape.join(', ')}]`)
        must(size <= 1e8, `${array.name} holds ${size} numbers`)
        const numbers = array.read()
        must(numbers.length === size, `${array.name} [${array.shape.join(', ')}] holds ${numbers.length} numbers`)
        mustBeFinite(numbers, array.name)
        return numbers
      }),
    )
  } finally {
    file.close()
  }
}

interface WeightsOptions {
  readonly weight?: number
  /** The file carries a checksum: what is accepted must be what was written. */
  readonly sealed?: boolean
}

function weightsReader(name: string, seeds: () => readonly Files[], { weight = 1, sealed = false }: WeightsOptions = {}): Reader {
  const whole = new Map<Files, Promise<number>>()
  return {
    name,
    weight,
    seeds,
    async read(input) {
      const numbers = await numbersOf(input.path())
      if (sealed && !input.resealed) must(sumOf(numbers) === (await wholeSum(input, whole)), 'other numbers than the checksums stand for')
    },
  }
}

const sumOf = (arrays: readonly Float32Array[]): number =>
  arrays.reduce((sum, a, k) => a.reduce((s, v, i) => s + v * (1 + ((i + k) % 17)), sum), 0)

/** The same sum of the file before the mutation, computed once. */
function wholeSum(input: Input, cache: Map<Files, Promise<number>>): Promise<number> {
  let found = cache.get(input.seed)
  if (found === undefined) cache.set(input.seed, (found = numbersOf(input.seedPath()).then(sumOf)))
  return found
}

const torchPickle = once(() => {
  // two layers as torch.save (protocol 2) writes them: an OrderedDict of _rebuild_tensor_v2
  const out: Uint8Array[] = [Uint8Array.of(0x80, 2)]
  const put = (s: string): number => out.push(new Uint8Array(Buffer.from(s, 'latin1')))
  const name = (s: string): void => void put(`X${String.fromCharCode(s.length)}\0\0\0${s}`)
  const int = (n: number): void => void put(`K${String.fromCharCode(n)}`)
  const tuple = (list: readonly number[]): void => {
    put('(')
    list.forEach(int)
    put('t')
  }
  put('ccollections\nOrderedDict\n)R(')
  for (const [key, tensor, shape, stride] of [
    ['0', 'conv.weight', [2, 1, 3, 3], [9, 9, 3, 1]],
    ['1', 'conv.bias', [2], [1]],
    ['2', 'fc.weight', [3, 4], [4, 1]],
    ['3', 'fc.bias', [3], [1]],
  ] as const) {
    name(tensor)
    put('ctorch._utils\n_rebuild_tensor_v2\n((')
    name('storage')
    put('ctorch\nFloatStorage\n')
    name(key)
    name('cpu')
    int(shape.reduce<number>((a, b) => a * b, 1))
    put('tQ')
    int(0)
    tuple(shape)
    tuple(stride)
    put('\x89ccollections\nOrderedDict\n)RtR')
  }
  put('u.')
  return new Uint8Array(Buffer.concat(out))
})

const numbers = (n: number): Uint8Array => new Uint8Array(Float32Array.from({ length: n }, (_, i) => Math.cos(i) / 3).buffer)
const torchZip = once(() =>
  zipOf(
    {
      'net/data.pkl': torchPickle(),
      'net/byteorder': new TextEncoder().encode('little'),
      'net/data/0': numbers(18),
      'net/data/1': numbers(2),
      'net/data/2': numbers(12),
      'net/data/3': numbers(3),
      'net/version': new TextEncoder().encode('3\n'),
    },
    true,
  ),
)

/** Keras' files are large for their numbers; the smallest of each writer. */
const kerasNames = ['keras-vggface-notop.h5', 'keras-full.h5', 'keras3.weights.h5'] as const
const keras = once(() => kerasNames.map((name): Files => ({ [name]: part('bytes', unpacked(name)) })))

const vggReader: Reader = {
  name: 'vgg',
  weight: 0.12,
  seeds: once((): Files[] => [
    { 'keras-vggface-notop.h5': part('bytes', unpacked('keras-vggface-notop.h5')) },
    { 'legacy.pth': part('pickle', unpacked('legacy.pth')) },
  ]),
  async read(input) {
    const name = Object.keys(input.files)[0]
    const { model, classes, preprocessing } = vggCases()[name]
    const vgg = await loadVgg(input.path(), {
      runtime: await input.runtime(),
      width: 4,
      model,
      preprocessing,
      ...(classes === undefined ? {} : { classes }),
    })
    try {
      const vectors = await vgg.embed(new Uint8Array(224 * 224 * 3).map((_, i) => (i * 31) % 256))
      must(vectors.length === vgg.dim, `${vectors.length} numbers for one image`)
      mustBeFinite(vectors, 'vectors')
    } finally {
      await vgg.dispose()
    }
  },
}

interface VggCase {
  readonly model: VggModel
  readonly classes?: number
  readonly preprocessing: VggPreprocessingName
}
const vggCases = once(() => (JSON.parse(readFileSync(new URL('vgg.json', golden), 'utf8')) as { cases: Record<string, VggCase> }).cases)

const codes = Uint8Array.from({ length: 12 }, (_, i) => i * 20)
const manifest = [
  {
    paths: ['net-shard1'],
    weights: [
      { name: 'conv/weights', shape: [1, 1, 3, 4], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.02, min: -1.5 } },
      { name: 'conv/bias', shape: [4], dtype: 'float32' },
    ],
  },
  {
    paths: ['net-shard2', 'net-shard3'],
    weights: [
      { name: 'fc/weights', shape: [3, 2], dtype: 'float32' },
      { name: 'steps', shape: [], dtype: 'int32' },
    ],
  },
]
const tfjsFiles = (wrapped: boolean): Files => ({
  'net-weights_manifest.json': json(wrapped ? { format: 'layers-model', weightsManifest: manifest } : manifest),
  'net-shard1': part('bytes', Uint8Array.from([...codes, ...numbers(4)])),
  'net-shard2': part('bytes', numbers(4)),
  'net-shard3': part('bytes', numbers(3)),
})

const tfjsReader: Reader = {
  name: 'tfjs',
  seeds: () => [tfjsFiles(false), tfjsFiles(true)],
  called: ['net-', 'tfjs weights: '], // or the file that the manifest names now
  codes: ['not-found'], // a shard that the manifest names may not be there
  read(input) {
    for (const [name, { shape, data }] of readTfjsWeights(input.path('manifest.json'))) {
      must(typeof name === 'string', 'a name that is no text')
      for (const d of shape) must(Number.isSafeInteger(d) && d >= 0, `${name} has the shape [${shape.join(', ')}]`)
      must(data.length === shape.reduce((a, b) => a * b, 1), `${name} [${shape.join(', ')}] holds ${data.length} numbers`)
      mustBeFinite(data, name)
    }
  },
}

export const weightsReaders: readonly Reader[] = [
  weightsReader('torch-zip', () => [{ 'net.pth': part('torch.zip', torchZip()) }], { weight: 1.6, sealed: true }),
  weightsReader(
    'torch-stream',
    once(() => [{ 'legacy.pth': part('pickle', unpacked('legacy.pth')) }]),
    { weight: 0.8 },
  ),
  weightsReader(
    'torch-real',
    once(() => [{ 'vgg_face_dag.pth': part('torch.zip', unpacked('vgg_face_dag.pth')) }]),
    { weight: 0.3, sealed: true },
  ),
  weightsReader('keras-h5', keras, { weight: 1 }),
  weightsReader(
    'onnx-weights',
    once(() => [{ 'torchvision.onnx': part('protobuf', unpacked('torchvision.onnx')) }]),
    { weight: 0.4 },
  ),
  vggReader,
  tfjsReader,
]
