/** @file Crops made worse, as bad photos are: blurred, tiny, compressed, too dark or too light. Seeded. */
import sharp, { type Sharp } from 'sharp'
import { checkChoice, rng, type Rng, stopIfAborted } from '../../base/index.ts'

/** Ways to make a crop worse. */
export const degradations = ['blur', 'tiny', 'jpeg', 'light', 'motion', 'noise', 'dark'] as const
export type Degradation = (typeof degradations)[number]

/** Those that learning makes; the others are for judging what it does where nobody prepared for it. */
export const learntDegradations: readonly Degradation[] = ['blur', 'tiny', 'jpeg', 'light']

/**
 * One crop made worse.
 *
 * Sizes are those of dlib's crops, in which a face is two thirds of the side wide. `strength` 0..1, mild to strong: `blur`: a Gaussian of 1.3 % to 6 % of the
 * side; `tiny`: the face 40 to 18 pixels wide; `jpeg`: quality 25 to 5; `light`: a gamma of 0.45 to 2.2; `motion`: a streak of 6 % to 16 % of the side along
 * the diagonal; `noise`: a standard deviation of 20 to 70 levels; `dark`: a fifth to a fourteenth of the light, compressed, then made light again.
 * @param crop RGB [side, side, 3]
 */
export async function degradeCrop(crop: Uint8Array, side: number, how: Degradation, strength: number, random: Rng): Promise<Uint8Array> {
  checkChoice('degrade', 'how', how, degradations)
  const between = (mild: number, strong: number): number => mild + (strong - mild) * strength
  const raw = { width: side, height: side, channels: 3 as const }
  const image = () => sharp(Buffer.from(crop.buffer, crop.byteOffset, crop.byteLength), { raw })
  const pixels = async (picture: Sharp): Promise<Uint8Array> =>
    new Uint8Array(await picture.resize(side, side, { kernel: 'cubic' }).removeAlpha().toColourspace('srgb').raw().toBuffer())
  if (how === 'blur') return pixels(image().blur(Math.max(0.5, between(0.013, 0.06) * side)))
  if (how === 'tiny') {
    const small = Math.round(between(60, 27))
    return pixels(sharp(await image().resize(small, small).png().toBuffer()))
  }
  if (how === 'jpeg')
    return pixels(
      sharp(
        await image()
          .jpeg({ quality: Math.round(between(25, 5)) })
          .toBuffer(),
      ),
    )
  if (how === 'motion') {
    const length = Math.round(between(0.06, 0.16) * side) | 1
    const kernel = Array.from({ length: length * length }, (_, i) => (Math.floor(i / length) === i % length ? 1 : 0))
    return pixels(image().convolve({ width: length, height: length, kernel, scale: length }))
  }
  if (how === 'dark') {
    const dim = between(5, 14)
    const dark = Uint8Array.from(crop, (v) => v / dim)
    return pixels(sharp(await sharp(dark, { raw }).jpeg({ quality: 60 }).toBuffer()).linear(dim, 0))
  }
  const gamma = random.uniform() < 0.5 ? between(0.8, 0.45) : between(1.25, 2.2)
  const spread = between(20, 70)
  return Uint8Array.from(crop, (v) => {
    const worse = how === 'light' ? 255 * (v / 255) ** gamma : v + spread * random.normal()
    return Math.max(0, Math.min(255, Math.round(worse)))
  })
}

/** Worse copies of crops. */
export interface DegradedCrops {
  /** RGB [n x side x side x 3] */
  readonly crops: Uint8Array
  /** [n] Which crop each was made of. */
  readonly of: Int32Array
}

/**
 * Worse copies of some crops: of each one a copy for each of the ways, of a strength drawn from the seed.
 *
 * @param crops RGB [n x side x side x 3]
 * @param which the crops to copy
 * @throws KindredError `interrupted`
 */
export async function degradeCrops(
  crops: Uint8Array,
  side: number,
  which: readonly number[],
  options: { readonly ways?: readonly Degradation[]; readonly seed?: number; readonly signal?: AbortSignal } = {},
): Promise<DegradedCrops> {
  const { ways = learntDegradations, seed = 0, signal } = options
  const each = side * side * 3
  const out = new Uint8Array(which.length * ways.length * each)
  const of = new Int32Array(which.length * ways.length)
  let at = 0
  for (const i of which) {
    const random = rng(seed).fork(`crop ${i}`)
    for (const way of ways) {
      stopIfAborted(signal, 'learn', `a stop before copy ${at} of ${of.length}`)
      out.set(await degradeCrop(crops.subarray(i * each, (i + 1) * each), side, way, random.uniform(), random), at * each)
      of[at++] = i
    }
  }
  return { crops: out, of }
}
