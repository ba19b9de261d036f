// The peer of `npm run bench -- faces`: @vladmandic/face-api on its WebAssembly backend. One JSON request a line on stdin, one JSON answer a line on stdout.
//   {"folder": DIR of the packages}             loads the networks
//   {"photos": [paths]}                         reads, decodes, detects, finds landmarks, embeds, one after the other
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import sharp from 'sharp'

console.log = console.error // the package greets on stdout
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
let tf, faceapi

async function load({ folder }) {
  const require = createRequire(join(folder, 'package.json'))
  tf = require('@tensorflow/tfjs')
  const wasm = require('@tensorflow/tfjs-backend-wasm')
  const packageFolder = join(folder, 'node_modules', '@vladmandic', 'face-api')
  faceapi = require(join(packageFolder, 'dist', 'face-api.node-wasm.js'))
  wasm.setWasmPaths(`${join(folder, 'node_modules', '@tensorflow', 'tfjs-backend-wasm', 'dist')}/`)
  await tf.setBackend('wasm')
  await tf.ready()
  for (const net of ['ssdMobilenetv1', 'faceLandmark68Net', 'faceRecognitionNet'])
    await faceapi.nets[net].loadFromDisk(join(packageFolder, 'model'))
  const [simd, threads] = [await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'), await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')]
  return {
    versions: { 'face-api': require('@vladmandic/face-api/package.json').version, tfjs: tf.version.tfjs },
    backend: `${tf.getBackend()}${simd ? ', SIMD' : ''}${threads ? `, ${wasm.getThreadsCount()} threads` : ', one thread'}`,
  }
}

/** The face of the highest score, as a person would write it with the package. */
async function describe(path) {
  const { data, info } = await sharp(readFileSync(path))
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const pixels = info.channels === 3 ? data : Buffer.from(Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]))
  const tensor = tf.tensor3d(new Uint8Array(pixels), [info.height, info.width, 3], 'int32')
  const face = await faceapi
    .detectSingleFace(tensor, new faceapi.SsdMobilenetv1Options({ minConfidence: 0.5 }))
    .withFaceLandmarks()
    .withFaceDescriptor()
  tensor.dispose()
  return face === undefined ? null : [...face.descriptor]
}

async function run({ photos }) {
  const cpu = process.cpuUsage()
  const wall = process.hrtime.bigint()
  const descriptors = []
  for (const path of photos) descriptors.push(await describe(path))
  const used = process.cpuUsage(cpu)
  return { wall: Number(process.hrtime.bigint() - wall) / 1e9, cpu: (used.user + used.system) / 1e6, descriptors }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  answer(await ('folder' in request ? load(request) : run(request)))
}
