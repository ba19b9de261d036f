/**
 * @file From photos to faces: boxes by a detector, 68 landmarks in each, second looks where the first may have missed somebody, sorted and filtered.
 */
import { checkChoice, checkOptions, ensure, type Progress } from '../base/index.ts'
import { landmarks68 } from '../nn/index.ts'
import { defaultRuntime, type Runtime } from '../runtime/index.ts'
import type { Box } from '../images/index.ts'
import { haarFinder, ssdFinder, tinyFinder, type BoxFinder, type ScoredBox } from './box-finders.ts'
import { faceApiWeights } from './face-api-weights.ts'
import { imageNetwork, type ImageNetwork } from './image-network.ts'
import { decodeImage, squareInput, type Photo } from '../images/index.ts'
import type { FileSource } from '../files/index.ts'
import { lookingDetector } from './looking-detector.ts'
import { clipped, inPhoto, landmarkMisfit, laplacianVariance } from './read-landmarks.ts'
import { secondLooks } from './second-looks.ts'
import type { Look, Sight } from './sight.ts'
import { yunetFinder } from './yunet.ts'
import { yunetWeights } from './yunet-weights.ts'

/** `ssd`: MobileNetV1, the most reliable; `tiny`: ten times cheaper; `haar`: the classic cascade; `yunet`: OpenCV's small detector, fetched. */
export type DetectorName = 'ssd' | 'tiny' | 'haar' | 'yunet'
export const detectorNames: readonly DetectorName[] = ['ssd', 'tiny', 'haar', 'yunet']

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
  /** By which look it was found. */
  readonly look: Look
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
  /** With `yunet`: an ONNX file to use as it is; its hash stands in the detector's id. Default: the published file, fetched once and kept. */
  readonly detectorWeights?: string
  /** What a fetch reports to. */
  readonly progress?: Progress
  /** Stops a fetch. */
  readonly signal?: AbortSignal
}

/**
 * Opens a face detector and the 68-point landmark network.
 *
 * Weights come from the npm package @vladmandic/face-api (optional peer dependency), checked by SHA-256; the cascade ships with kindred; YuNet's are fetched.
 * @throws KindredError `not-found` when the package or a named file is missing, `mismatch` for other weights; `io` when YuNet cannot be fetched
 */
export async function openDetector(name: DetectorName = 'ssd', options: DetectorOptions = {}): Promise<FaceDetector> {
  checkOptions('openDetector', options, ['runtime', 'detectorWeights', 'progress', 'signal'])
  checkChoice('openDetector', 'detector', name, detectorNames)
  const { detectorWeights: path, progress, signal } = options
  ensure(path === undefined || name === 'yunet', 'openDetector', 'detectorWeights is for the detector yunet', name, 'Leave it out.')
  const weights = name === 'yunet' ? await yunetWeights({ path, progress, signal }) : undefined
  const runtime = options.runtime ?? (await defaultRuntime())
  const finder =
    weights !== undefined
      ? await yunetFinder(runtime, weights)
      : name === 'ssd'
        ? await ssdFinder(runtime)
        : name === 'tiny'
          ? await tinyFinder(runtime)
          : haarFinder()
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
  /** Least score: default 0.5 for ssd and tiny, 0.6 for yunet, more than 4 joined windows for Haar. */
  readonly minScore?: number
  /** Where no box of a photo reaches `minScore`, the best one above this counts. Default 0.4, 0.5 for yunet; `minScore` for Haar and where that is given. */
  readonly fallbackScore?: number
  /** Least width and height of the box, pixels. Default 20, and 12 for a face that only a second look finds. */
  readonly minSize?: number
  /** Least {@link Face.sharpness}. Default 0: blurred faces are kept. */
  readonly minSharpness?: number
  /**
   * `first`: one look at the photo as it is. `all` (default): also looks with a border, in tiles and turned, where the first look finds nothing, where the
   * photo is large, long or a crowd, and where landmarks say that a face stands on its side or head.
   */
  readonly looks?: LooksName
}

/** How many looks a photo gets. */
export type LooksName = 'all' | 'first'
export const looksNames: readonly LooksName[] = ['all', 'first']

/** The names of {@link FindOptions}. */
export const findOptionNames: readonly (keyof FindOptions)[] = ['faces', 'minScore', 'fallbackScore', 'minSize', 'minSharpness', 'looks']

/** {@link FindOptions} and what stops a search between two looks. */
export interface FindCall extends FindOptions {
  readonly signal?: AbortSignal
}

/** Those of some options that {@link FindOptions} knows and that are given. */
export function findOptionsOf(options: FindOptions): FindOptions {
  return Object.fromEntries(findOptionNames.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]))
}

/**
 * Finds the faces of one photo.
 *
 * @param photo RGB, upright: what `decodeImage` returns; or an image file by its path, `file:` URL or bytes
 * @returns largest first; an empty list where there is none
 * @throws KindredError `usage`; `interrupted` when the signal fires between two looks
 * cost: one run of the detector; 11 to 15 for most photos without a face, at most 256 for a large one
 * @example
 * await using detector = await openDetector('ssd')
 * const faces = await findFaces('party.jpg', detector, { faces: 'all' })
 */
export async function findFaces(photo: Photo | FileSource, detector: FaceDetector, options: FindCall = {}): Promise<Face[]> {
  const decoded = typeof photo === 'object' && 'pixels' in photo ? photo : await decodeImage(photo)
  return (await findFacesIn([decoded], detector, options))[0]
}

/** {@link findFaces} of several photos, the first looks in one run of each network: the same faces, in less time. */
export async function findFacesIn(photos: readonly Photo[], detector: FaceDetector, options: FindCall = {}): Promise<Face[][]> {
  checkOptions('findFaces', options, [...findOptionNames, 'signal'])
  const { faces = 'all', minScore = usualScores[detector.name].least, minSize = 20, minSharpness = 0, looks = 'all', signal } = options
  const { fallbackScore = options.minScore === undefined ? usualScores[detector.name].alone : minScore } = options
  checkChoice('findFaces', 'faces', faces, ['largest', 'all'])
  checkChoice('findFaces', 'looks', looks, looksNames)
  ensure(minSize >= 1, 'findFaces', 'minSize must be at least 1 pixel', minSize)
  ensure(minSharpness >= 0, 'findFaces', 'minSharpness must be a number >= 0', minSharpness)
  if (photos.length === 0) return []
  const isFace = ({ box, score }: ScoredBox, rank: number) =>
    (score > minScore || (rank === 0 && score > fallbackScore) || detector.name === 'haar') && Math.min(box.width, box.height) >= minSize
  const looking = lookingDetector(detector, options.minScore, signal)
  const floor = Math.min(minScore, fallbackScore)
  const seen = await detector.finder.find(photos, looks === 'first' || detector.name === 'haar' ? floor : Math.min(floor, looking.hint))
  const onlyLargest = faces === 'largest' && minSharpness === 0
  const first = await firstLook(
    photos,
    seen.map((boxes) => boxes.filter(isFace)),
    detector,
    onlyLargest,
  )
  const sights: (readonly Sight[])[] = []
  for (const [i, photo] of photos.entries())
    sights.push(
      looks === 'first'
        ? first[i]
        : await secondLooks(photo, first[i], seen[i], looking, { faces, minSize: options.minSize ?? smallestSecond }),
    )
  return sights.map((list) =>
    list
      .filter((sight) => sight.sharpness >= minSharpness)
      .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height)
      .slice(0, faces === 'largest' ? 1 : undefined)
      .map(({ box, score, landmarks, sharpness, look }, index) => ({ box, score, landmarks, index, sharpness, look })),
  )
}

/** Least score of a face, and of the best box of a photo where no box has that. OpenCV's zoo takes YuNet's boxes from .6 (class) or .9 (demonstration) on. */
const usualScores: Readonly<Record<DetectorName, { least: number; alone: number }>> = {
  ssd: { least: 0.5, alone: 0.4 },
  tiny: { least: 0.5, alone: 0.4 },
  yunet: { least: 0.6, alone: 0.5 },
  haar: { least: 4, alone: 4 },
}

/** Least side of a face that only a second look finds, pixels. */
const smallestSecond = 12

/** Landmarks of boxes that were found in the photos as they are. */
async function firstLook(
  photos: readonly Photo[],
  found: readonly (readonly ScoredBox[])[],
  detector: FaceDetector,
  onlyLargest: boolean,
): Promise<Sight[][]> {
  const boxes = found.map((list, i) =>
    list
      .map((one) => ({ ...one, region: clipped(one.box, photos[i]) }))
      .filter(({ region }) => region.width > 0 && region.height > 0)
      .sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height),
  )
  const { size } = detector.landmarks
  const each = 3 * size * size
  const wanted = boxes.flatMap((list, photo) => (onlyLargest ? list.slice(0, 1) : list).map((one) => ({ ...one, photo })))
  const inputs = new Float32Array(wanted.length * each)
  wanted.forEach(({ photo, region }, i) =>
    squareInput(photos[photo], { size, centred: true, region }, inputs.subarray(i * each, (i + 1) * each)),
  )
  const points = wanted.length === 0 ? new Float32Array(0) : await detector.landmarks.run(inputs, wanted.length)
  const out: Sight[][] = photos.map(() => [])
  wanted.forEach(({ photo, box, score, region }, i) => {
    const raw = points.subarray(i * 136, (i + 1) * 136)
    out[photo].push({
      box,
      score,
      landmarks: inPhoto(raw, box, region, size),
      sharpness: laplacianVariance(inputs.subarray(i * each, (i + 1) * each), size),
      misfit: landmarkMisfit(raw),
      look: 'whole',
      turns: 0,
    })
  })
  return out
}
