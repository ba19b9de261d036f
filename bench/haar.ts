/**
 * @file The Haar cascade beside OpenCV in Python: same grey images, same settings, same boxes.
 *
 * Images are the sample photos of the face-api package at 640 x 480, whole photos scaled to cover. OpenCV uses all cores, kindred one; `--threads 1` holds
 * OpenCV to one.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { KindredError } from '../src/base/index.ts'
import { haarDetector } from '../src/faces/index.ts'
import { rgbToGray } from '../src/images/index.ts'
import {
  exchangeFolder,
  interleave,
  machine,
  numberOptions,
  pythonWith,
  startPeer,
  summarise,
  table,
  timed,
  writeArray,
  type Benchmark,
  type Timing,
} from './peer.ts'

/** Runs the benchmark: `--pairs 7 --repeats 1 --neighbors 3 --threads 0` (0: all cores). */
export const run: Benchmark = async (argv) => {
  const { pairs, repeats, neighbors, threads } = numberOptions(argv, { pairs: 7, repeats: 1, neighbors: 3, threads: 0 })
  const cascade = fileURLToPath(new URL('../assets/haarcascade_frontalface_alt2.xml', import.meta.url))
  const [height, width] = [480, 640]
  const folder = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  const images = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (i) =>
      rgbToGray(
        await sharp(join(folder, `sample${i}.jpg`))
          .removeAlpha()
          .resize(width, height, { fit: 'cover' })
          .raw()
          .toBuffer(),
      ),
    ),
  )
  const settings = { scaleFactor: 1.1, minNeighbors: neighbors }
  const detector = haarDetector(readFileSync(cascade, 'utf8'))
  const own = () => images.map((gray) => detector.detect(gray, height, width, settings))

  const pixels = writeArray(exchangeFolder(), 'pixels.u8', Buffer.concat(images))
  const peer = startPeer(pythonWith('haar'), 'haar_peer.py')
  const ask = () =>
    peer.ask<Timing & { boxes: number[][][]; version: string }>({
      cascade,
      pixels,
      sizes: images.map(() => [height, width]),
      repeats,
      threads,
      ...settings,
    })
  const { boxes, version } = await ask()
  const mine = own().map((list) => list.map((b) => [b.x, b.y, b.width, b.height]).sort((a, b) => a[0] - b[0] || a[1] - b[1]))
  if (JSON.stringify(mine) !== JSON.stringify(boxes))
    throw new KindredError(
      'mismatch',
      'haar',
      'both sides must find the same boxes',
      `${JSON.stringify(mine)} and ${JSON.stringify(boxes)}`,
    )

  const load = machine().load
  const results = await interleave(
    pairs,
    () =>
      timed(() => {
        for (let i = 0; i < repeats; i++) own()
      }),
    ask,
  )
  peer.close()
  const { ratio, cpuRatio, ratios, kindred, peer: opencv } = summarise(results)
  const each = (t: Timing) => ({ wallMs: (t.wall / repeats / images.length) * 1000, cpuMs: (t.cpu / repeats / images.length) * 1000 })
  table([
    { side: 'kindred', 'wall ms/photo': each(kindred).wallMs, 'cpu ms/photo': each(kindred).cpuMs, faces: boxes.flat().length },
    { side: `OpenCV ${version}`, 'wall ms/photo': each(opencv).wallMs, 'cpu ms/photo': each(opencv).cpuMs, faces: boxes.flat().length },
  ])
  return {
    ratio,
    cpuRatio,
    ratios,
    kindred: each(kindred),
    peer: { name: `OpenCV ${version}`, ...each(opencv) },
    size: [height, width],
    images: images.length,
    repeats,
    pairs,
    threads,
    ...settings,
    ...machine(),
    load: { before: load, after: machine().load },
  }
}
