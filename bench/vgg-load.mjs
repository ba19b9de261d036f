// One fresh process of bench/vgg.ts: loads a weights file, embeds two images, and tells its own peak of memory.
// Plain JavaScript on the built package: under tsx, compiling h5wasm's four megabytes alone takes 600 MB.
// Arguments: the built package's folder, weights, images, output, threads, preprocessing as JSON.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [dist, file, images, output, threads, preprocessing] = process.argv.slice(2)
const { loadVgg } = await import(pathToFileURL(`${dist}/models/index.js`).href)
const { nodeRuntime } = await import(pathToFileURL(`${dist}/runtime/index.js`).href)
const peak = () => process.resourceUsage().maxRSS * 1024
const before = peak()
const start = process.hrtime.bigint()
const vgg = await loadVgg(file, {
  layer: 'fc7/relu',
  preprocessing: JSON.parse(preprocessing),
  runtime: await nodeRuntime({ threads: Number(threads) }),
})
const loadSeconds = Number(process.hrtime.bigint() - start) / 1e9
const loadPeak = peak()
const vectors = await vgg.embed(new Uint8Array(readFileSync(images)))
writeFileSync(output, new Uint8Array(vectors.buffer))
console.log(JSON.stringify({ loadSeconds, before, loadPeak, peak: peak() }))
