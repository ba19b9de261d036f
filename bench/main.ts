/** @file `npm run bench -- NAME [options]`: measures kindred beside a peer, interleaved in one run. The last line printed is one JSON object. */
import { existsSync } from 'node:fs'
import { KindredError, nearestName } from '../src/base/index.ts'
import type { Benchmark } from './peer.ts'

/** Every benchmark, and what it measures; each is the file of its name, exporting `run(argv)`. */
const benchmarks: Record<string, string> = {
  tsne: 't-SNE of 5,000 x 10 beside scikit-learn',
  'digits-wild': 'networks of a digits run on pictures with flaws, and on what is no digit: scripts, garments, photos, shapes, noise',
  'digits-promise':
    'the promise of reject on digits of other sources, by the rule of a run and calibrated on 30 to 100 of one’s own; drift',
  'train-step': 'one training step beside PyTorch',
  seeds: 'a preset of the digits from several seeds: kNN, MAP@R, head and seconds, and how far they spread',
  embed: 'embedding images beside PyTorch',
  haar: 'the Haar cascade beside OpenCV',
  vgg: 'VGG-Face at full size beside Keras and PyTorch',
  faces: 'faces found, embedded and told apart on labelled photos, beside face-api in Node',
  'faces-learn': 'a space learnt on labelled photos, before and after, on people and photos it has not seen',
  'faces-many': 'thousands of photos in one run: memory, bytes written, and the same killed and continued',
  'faces-scale': 'grouping, retrieval and map of 20,000 faces that are made for it',
  'faces-wild': 'faces that fill their photo, are small, turned or many: first look and all looks',
  install: 'downloads, disk and start-up of an install, beside what others bring',
  bundle: 'what a page of the browser floor loads, room by room, beside the default build of onnxruntime-web',
  busy: 'training and embedding while other programs compute, beside PyTorch; faces on one thread and on several',
  gallery: 'a gallery of 100,000 x 128 beside FAISS and numpy',
}

const usage = `Usage: npm run bench -- NAME [options]\n${Object.entries(benchmarks)
  .map(([name, what]) => `  ${name.padEnd(12)}${what}`)
  .join('\n')}`

async function main([name, ...argv]: string[]): Promise<void> {
  if (name === undefined || name === '--help') return console.log(usage)
  if (!Object.hasOwn(benchmarks, name)) {
    const near = nearestName(name, Object.keys(benchmarks))
    throw new KindredError(
      'usage',
      'bench',
      `NAME must be one of ${Object.keys(benchmarks).join(', ')}`,
      name,
      near === undefined ? undefined : `Did you mean ${near}?`,
    )
  }
  const file = new URL(`.//${name}.ts`, import.meta.url)
  if (!existsSync(file)) throw new KindredError('not-found', 'bench', `bench/${name}.ts must exist`, 'no such file')
  const { run } = (await import(file.href)) as { run: Benchmark }
  console.log(JSON.stringify({ benchmark: name, ...(await run(argv)) }))
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof KindredError ? error.message : error)
  process.exitCode = error instanceof KindredError && error.code === 'usage' ? 2 : 1
})
