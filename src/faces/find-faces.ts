/**
 * @file From photos to faces: boxes by one of three detectors, 68 landmarks in each, sorted and filtered.
 */
import { checkChoice, checkOptions, ensure } from '../base/index.ts'
import { landmarks68 } from '../nn/index.ts'
import { defaultRuntime, type Runtime } from '../runtime/index.ts'
import type { Box } from '../images/index.ts'
import { haarFinder, ssdFinder, tinyFinder, type BoxFinder } from './box-finders.ts'
import { faceApiWeights } from './face-api-weights.ts'
import { imageNetwork, type ImageNetwork } from './image-network.ts'
import { decodeImage, squareInput, type Photo } from '../images/index.ts'
import type { FileSource } from '../files/index.ts'

/** `ssd`: MobileNetV1, the most reliable; `tiny`: ten times cheaper; `haar`: the classic cascade. */
export type DetectorName = 'ssd' | 'tiny' | 'haar'
export const detectorNames: readonly DetectorName[] = ['ssd', 'tiny', 'haar']

/** A face in a photo. */
export interface Face {
  /** Pixels of the photo. */
  readonly box: Box
  /** The detector's score. */
  readonly score: number
  /** x, y of 68 points in pixels of the photo (iBUG 300-W order: jaw 0-16, brows 17-26, nose 27-35, eyes 36-47, mouth 48-67). */
  readonly landmarks: Float32Array
  /** Place among the photo's faces, largest first. */
  readonly index: number
  /** Variance of the Laplacian of the face's middle, grey, where the whole face is 112 pixels: small for blurred faces. */
  readonly sharpness: number
}

/** An opened detector with its landmark network. */
export interface FaceDetector {
  readonly name: DetectorName
  /** Name and SHA-256 of detector and landmark weights, as recipes and manifests carry it. */
  readonly id: string
  readonly finder: BoxFinder
  readonly landmarks: ImageNetwork
  dispose(): Promise<void>
  /** The same, for `await using detector = ...`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Options of {@link openDetector}. */
export interface DetectorOptions {
  /** Where the networks run. Default: `defaultRuntime()`, on all cores. */
  readonly runtime?: Runtime
}

/**
 * Opens a face detector and the 68-point landmark network.
 *
 * Weights come from the npm package @vladmandic/face-api (optional peer dependency), checked by SHA-256; the cascade ships with kindred.
 * @throws KindredError `not-found` when the package is missing, `mismatch` for other weights
 */
export async function openDetector(name: DetectorName = 'ssd', options: DetectorOptions = {}): Promise<FaceDetector> {
  checkOptions('openDetector', options, ['runtime'])
  checkChoice('openDetector', 'detector', name, detectorNames)
  const runtime = options.runtime ?? (await defaultRuntime())
  const finder = name === 'ssd' ? await ssdFinder(runtime) : name === 'tiny' ? await tinyFinder(runtime) : haarFinder()
  const points = faceApiWeights('face_landmark_68')
  const landmarks = await imageNetwork(runtime, landmarks68(), points.weights, 112)
  const dispose = async (): Promise<void> => {
    await finder.dispose()
    await landmarks.dispose()
  }
  return {
    name,
    id: `${name}:${finder.hash.slice(0, 16)}+landmarks68:${points.hash.slice(0, 16)}`,
    finder,
    landmarks,
    dispose,
    [Symbol.asyncDispose]: dispose,
  }
}

/** Options of {@link findFaces}. */
export interface FindOptions {
  /** Only the largest face of a photo, or all. Default all. */
  readonly faces?: 'largest' | 'all'
  /** Least score: default 0.5 for the neural detectors, more than 4 joined windows for Haar. */
  readonly minScore?: number
  /** Where no box of a photo reaches `minScore`, the best one above this counts. Default 0.4 for the neural detectors, none where `minScore` is given. */
  readonly fallbackScore?: number
  /** Least width and height of the box, pixels. Default 20. */
  readonly minSize?: number
  /** Least {@link Face.sharpness}. Default 0: blurred faces are kept. */
  readonly minSharpness?: number
}

/** The names of {@link FindOptions}. */
export const findOptionNames: readonly (keyof FindOptions)[] = ['faces', 'minScore', 'fallbackScore', 'minSize', 'minSharpness']

/** Those of some options that {@link FindOptions} knows and that are given. */
export function findOptionsOf(options: FindOptions): FindOptions {
  return Object.fromEntries(findOptionNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
}

/**
 * Finds the faces of one photo.
 *
 * @param photo RGB, upright: what `decodeImage` returns; or an image file by its path, `file:` URL or bytes
 * @returns largest first; an empty list where there is none
 * @example
 * await using detector = await openDetector('ssd')
 * const faces = await findFaces('party.jpg', detector, { faces: 'all' })
 */
export async function findFaces(photo: Photo | FileSource, detector: FaceDetector, options: FindOptions = {}): Promise<Face[]> {
  const decoded = typeof photo === 'object' && 'pixels' in photo ? photo : await decodeImage(photo)
  return (await findFacesIn([decoded], detector, options))[0]
}

/** {@link findFaces} of several photos in one run of each network: the same faces, in less time. */
export async function findFacesIn(photos: readonly Photo[], detector: FaceDetector, options: FindOptions = {}): Promise<Face[][]> {
  checkOptions('findFaces', options, findOptionNames)
  const { faces = 'all', minScore = detector.name === 'haar' ? 4 : 0.5, minSize = 20, minSharpness = 0 } = options
  const { fallbackScore = detector.name === 'haar' || options.minScore !== undefined ? minScore : 0.4 } = options
  checkChoice('findFaces', 'faces', faces, ['largest', 'all'])
  ensure(minSize >= 1, 'findFaces', 'minSize must be at least 1 pixel', minSize)
  ensure(minSharpness >= 0, 'findFaces', 'minSharpness must be a number >= 0', minSharpness)
  if (photos.length === 0) return []
  const boxes = (await detector.finder.find(photos, Math.min(minScore, fallbackScore))).map((list, i) =>
    list
      .filter(({ score }, rank) => score > minScore || (rank === 0 && score > fallbackScore) || detector.name === 'haar')
      .map((found) => ({ ...found, region: clipped(found.box, photos[i]) }))
      .filter(({ box, region }) => Math.min(box.width, box.height) >= minSize && region.width > 0 && region.height > 0)
      .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height),
  )
  const size = detector.landmarks.size
  const each = 3 * size * size
  const wanted = boxes.flatMap((list, photo) =>
    (faces === 'largest' && minSharpness === 0 ? list.slice(0, 1) : list).map((found) => ({ ...found, photo })),
  )
  const inputs = new Float32Array(wanted.length * each)
  wanted.forEach(({ photo, region }, i) =>
    squareInput(photos[photo], { size, centred: true, region }, inputs.subarray(i * each, (i + 1) * each)),
  )
  const points = wanted.length === 0 ? new Float32Array(0) : await detector.landmarks.run(inputs, wanted.length)
  const out: Face[][] = photos.map(() => [])
  wanted.forEach(({ photo, box, score, region }, i) => {
    const sharpness = laplacianVariance(inputs.subarray(i * each, (i + 1) * each), size)
    if (sharpness < minSharpness || (faces === 'largest' && out[photo].length > 0)) return
    out[photo].push({
      box,
      score,
      landmarks: inPhoto(points.subarray(i * 136, (i + 1) * 136), box, region, size),
      index: out[photo].length,
      sharpness,
    })
  })
  return out
}

/** The part of a box within the photo, in whole pixels, as face-api's `clipAtImageBorders`. */
export function clipped(box: Box, { width, height }: Photo): Box {
  const x = Math.max(box.x, 0)
  const y = Math.max(box.y, 0)
  const right = Math.min(box.x + box.width - x, width - x)
  const bottom = Math.min(box.y + box.height - y, height - y)
  return { x: Math.floor(x), y: Math.floor(y), width: Math.floor(right), height: Math.floor(bottom) }
}

/** Points of the padded, scaled square back to pixels of the photo (face-api's `postProcess`; it adds the box's own corner, not the clipped one). */
function inPhoto(points: Float32Array, box: Box, region: Box, size: number): Float32Array {
  const scale = size / Math.max(region.width, region.height)
  const padX = Math.max(0, region.height - region.width) * scale * 0.5
  const padY = Math.max(0, region.width - region.height) * scale * 0.5
  const out = new Float32Array(136)
  for (let i = 0; i < 136; i += 2) {
    out[i] = (points[i] * size - padX) / scale + box.x
    out[i + 1] = (points[i + 1] * size - padY) / scale + box.y
  }
  return out
}

/** Variance of the 4-neighbour Laplacian (Pech-Pacheco et al. 2000) in the middle three fifths of the grey square: no padding, little background. */
function laplacianVariance(planes: Float32Array, size: number): number {
  const plane = size * size
  const gray = new Float32Array(plane)
  for (let i = 0; i < plane; i++) gray[i] = 0.299 * planes[i] + 0.587 * planes[i + plane] + 0.114 * planes[i + 2 * plane]
  let [sum, squares, count] = [0, 0, 0]
  const margin = Math.round(size / 5)
  for (let y = margin; y < size - margin; y++) {
    for (let i = y * size + margin; i < (y + 1) * size - margin; i++) {
      const v = gray[i - 1] + gray[i + 1] + gray[i - size] + gray[i + size] - 4 * gray[i]
      sum += v
      squares += v * v
      count++
    }
  }
  return squares / count - (sum / count) ** 2
}
