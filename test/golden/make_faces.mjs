// What @vladmandic/face-api itself finds: boxes, scores, landmarks, aligned boxes and descriptors, on its sample photos and on photos of ../shared/data/celeb5.
//
//   mkdir -p /tmp/face-api && npm install --prefix /tmp/face-api @vladmandic/face-api@1.7.15 @tensorflow/tfjs@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0
// sharp@0.35.5
//   node test/golden/make_faces.mjs /tmp/face-api
//
// The package runs on its WebAssembly backend. Photos are named by file name or SHA-256; the SHA-256 of their pixels is kept, so that a reader knows that it
// looks at the same numbers.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = resolve(process.argv[2])
const require = createRequire(join(folder, 'package.json'))
const sharp = require('sharp')
const tf = require('@tensorflow/tfjs')
const wasm = require('@tensorflow/tfjs-backend-wasm')
const packageFolder = join(folder, 'node_modules', '@vladmandic', 'face-api')
const faceapi = require(join(packageFolder, 'dist', 'face-api.node-wasm.js'))

wasm.setWasmPaths(`${join(folder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist')}/`)
await tf.setBackend('wasm')
await tf.ready()
const models = join(packageFolder, 'model')
for (const net of ['ssdMobilenetv1', 'tinyFaceDetector', 'faceLandmark68Net', 'faceRecognitionNet']) await faceapi.nets[net].loadFromDisk(models)

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
const round = (digits) => (v) => Number(v.toFixed(digits))
const boxOf = (box) => [box.x, box.y, box.width, box.height].map(round(4))

const photos = [1, 2, 3, 4, 5, 6].map((i) => ({ name: `sample${i}.jpg`, path: join(packageFolder, 'demo', `sample${i}.jpg`) }))
const celeb5 = fileURLToPath(new URL('../../../shared/data/celeb5/train', import.meta.url))
if (existsSync(celeb5)) {
  for (const person of readdirSync(celeb5).sort()) {
    for (const file of readdirSync(join(celeb5, person)).sort().filter((name, i) => i % 7 === 2 || name.includes('png'))) {
      const path = join(celeb5, person, file)
      photos.push({ name: sha(readFileSync(path)), path })
    }
  }
}

const out = {}
for (const { name, path } of photos) {
  const { data, info } = await sharp(path).autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
  const pixels = info.channels === 3 ? data : Buffer.from(Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]))
  const tensor = tf.tensor3d(new Uint8Array(pixels), [info.height, info.width, 3], 'int32')
  const faces = await faceapi.detectAllFaces(tensor, new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5 })).withFaceLandmarks().withFaceDescriptors()
  const tiny = await faceapi.detectAllFaces(tensor, new faceapi.TinyFaceDetectorOptions({ inputSize: 416, scoreThreshold: 0.5 }))
  tensor.dispose()
  out[name] = {
    pixels: sha(pixels),
    ssd: faces.map((f) => ({
      box: boxOf(f.detection.box),
      score: round(6)(f.detection.score),
      landmarks: f.landmarks.positions.flatMap((p) => [p.x, p.y]).map(round(3)),
      aligned: boxOf(f.landmarks.align(null, { useDlibAlignment: true })),
      descriptor: [...f.descriptor].map(round(6)),
    })),
    tiny: tiny.map((d) => ({ box: boxOf(d.box), score: round(6)(d.score) })),
  }
  console.log(name, faces.length, tiny.length)
}
const versions = {
  faceApi: require('@vladmandic/face-api/package.json').version,
  tfjs: tf.version.tfjs,
  backend: tf.getBackend(),
  sharp: sharp.versions.sharp,
  node: process.version,
}
const lines = Object.entries(out).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
writeFileSync(new URL('faces.json', import.meta.url), `{\n  "versions": ${JSON.stringify(versions)},\n  "photos": {\n${lines.join(',\n')}\n  }\n}\n`)
