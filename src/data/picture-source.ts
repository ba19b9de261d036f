/**
 * @file Labelled picture files as an {@link ImageSource}: decoded when they are read, a bounded share of the pixels kept.
 *
 * Opening reads each file once, whole, so that none that cannot be decoded is found in the middle of a training, and knows each by the SHA-256 of its bytes.
 */
import { createHash } from 'node:crypto'
import { checkChoice, ensure, ensureWithin, inOrder, KindredError, limits, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { checkLabels, checkRead, checkShape, imageBytes, sourceHash, type Channels, type ImageSource } from '../dataset/index.ts'
import { decodeImage, readImageFile } from '../images/index.ts'

/** How picture files become images of one size. */
export interface PictureOptions {
  /** [height, width] in pixels, or one number for a square. */
  readonly size: number | readonly [height: number, width: number]
  /** 1 = grey, 3 = RGB (default), 4 = RGB and alpha. */
  readonly channels?: Channels
  /** A picture of another shape is stretched (`fill`, default), cut at its longer side (`cover`) or given a white margin (`contain`). */
  readonly fit?: 'fill' | 'cover' | 'contain'
  /** The classes and their order, as another source has them (default: those that are found, sorted by code point). */
  readonly classes?: readonly string[]
  /** How many bytes of decoded pixels are kept for the next read (default: a quarter of the limit `pixelBytesInFlight`; 0 keeps none). */
  readonly cacheBytes?: number
  /** Shows how many are checked, and warns of what is left out. */
  readonly progress?: Progress
  readonly signal?: AbortSignal
}

/** Names of {@link PictureOptions}. */
export const pictureOptions = ['size', 'channels', 'fit', 'classes', 'cacheBytes', 'progress', 'signal'] as const

/** An {@link ImageSource} of picture files. */
export interface PictureSource extends ImageSource {
  /** The file of each image. */
  readonly files: readonly string[]
  /** What was passed over, and why; each has been warned of. */
  readonly skipped: readonly LeftOut[]
}

/** A path that was passed over. */
export interface LeftOut {
  readonly path: string
  readonly reason: string
}

/** A picture file and its class. */
export interface LabelledFile {
  readonly path: string
  readonly label: string
  /** Where it is listed, for the reason when it is left out: "birds.csv, line 7". */
  readonly listed?: string
}

const atOnce = 8 // files under way: reading waits on the disk, decoding on other threads
const digestBytes = 32

/** Throws for {@link PictureOptions} that no picture can be read by; gives them complete. */
export function checkPictureOptions(
  where: string,
  options: PictureOptions,
): { size: [number, number]; channels: Channels; cacheBytes: number } {
  const { size, channels = 3, fit = 'fill', cacheBytes = Math.floor(limits().pixelBytesInFlight / 4) } = options
  const pair = typeof size === 'number' ? [size, size] : size
  ensure(Array.isArray(pair) && pair.length === 2, where, 'size must be a number of pixels or [height, width]', size)
  const [height, width] = pair as [number, number]
  checkShape(where, { height, width, channels })
  ensureWithin('imagePixels', height * width, where, 'the size asked for')
  checkChoice(where, 'fit', fit, ['fill', 'cover', 'contain'])
  ensure(
    cacheBytes === Infinity || (Number.isInteger(cacheBytes) && cacheBytes >= 0),
    where,
    'cacheBytes must be a whole number, 0 or above',
    cacheBytes,
  )
  return { size: [height, width], channels, cacheBytes }
}

/**
 * Opens labelled files: reads each once, leaves out those that cannot be decoded, keeps pixels while there is room.
 *
 * @param skipped what was passed over before
 * @param source where the pictures come from, in words
 * @throws KindredError `not-found` when none can be decoded, `mismatch` for a label that is none of `options.classes`, `interrupted`
 */
export async function openPictures(
  where: string,
  files: readonly LabelledFile[],
  skipped: readonly LeftOut[],
  source: string,
  options: PictureOptions,
): Promise<PictureSource> {
  const { progress = silent, signal } = options
  const shape = checkPictureOptions(where, options)
  if (options.classes !== undefined)
    checkLabels(
      where,
      files.map((file) => file.label),
      options.classes,
    )
  const store = new PictureStore(files, shape, options.fit ?? 'fill')
  const left = [...skipped]
  for (const { path, reason } of skipped) progress.warn(`left out: ${path}: ${reason}`)
  const good: number[] = []
  const task = progress.start('checking', files.length, 'picture')
  try {
    const work = inOrder(files.length, atOnce, async (i) => {
      stopIfAborted(signal, where, `a stop after ${good.length + left.length - skipped.length} of ${files.length} pictures`)
      try {
        await store.check(i)
        return undefined
      } catch (error) {
        if (!(error instanceof KindredError)) throw error
        const { path, listed } = files[i]
        return { path, reason: listed === undefined ? reasonOf(error) : `${reasonOf(error)} (${listed})` }
      }
    })
    let i = 0
    for await (const problem of work) {
      if (problem === undefined) good.push(i)
      else {
        left.push(problem)
        progress.warn(`left out: ${problem.path}: ${problem.reason}`)
      }
      task.update(++i)
    }
  } finally {
    task.end()
  }
  if (good.length === 0)
    throw new KindredError(
      'not-found',
      where,
      `${source} must hold at least one picture that can be read`,
      left.length === 0 ? 'none at all' : `${left.length} that cannot, such as ${left[0].path}: ${left[0].reason}`,
    )
  return store.source(Int32Array.from(good), left, source, options.classes)
}

const reasonOf = ({ expected, got }: KindredError): string => (got === undefined ? expected : `${expected}, got ${got}`)

/** Picture files and what is known of them. */
class PictureStore {
  private readonly files: readonly LabelledFile[]
  private readonly shape: { readonly size: readonly [number, number]; readonly channels: Channels }
  private readonly fit: 'fill' | 'cover' | 'contain'
  private readonly each: number
  /** SHA-256 of each file, one after the other. */
  private readonly digests: Uint8Array
  /**
   * Kept pixels, image after image, and the place of each file's among them; -1 for none. Who comes first stays: in epochs over all images nothing keeps more.
   */
  private readonly kept: Uint8Array
  private readonly place: Int32Array
  private used = 0

  constructor(
    files: readonly LabelledFile[],
    { size, channels, cacheBytes }: { size: readonly [number, number]; channels: Channels; cacheBytes: number },
    fit: 'fill' | 'cover' | 'contain',
  ) {
    this.files = files
    this.shape = { size, channels }
    this.fit = fit
    this.each = imageBytes({ height: size[0], width: size[1], channels })
    this.digests = new Uint8Array(files.length * digestBytes)
    this.kept = new Uint8Array(Math.min(files.length, Math.floor(cacheBytes / this.each)) * this.each)
    this.place = new Int32Array(files.length).fill(-1)
  }

  /** Decodes a file for the first time. */
  async check(i: number): Promise<void> {
    const { pixels, digest } = await this.decode(i)
    this.digests.set(digest, i * digestBytes)
    this.keep(i, pixels)
  }

  private async decode(i: number): Promise<{ pixels: Uint8Array; digest: Uint8Array }> {
    const { path } = this.files[i]
    const file = await readImageFile(path)
    try {
      const digest = createHash('sha256').update(file.bytes).digest()
      const { size, channels } = this.shape
      return { pixels: (await decodeImage(file.bytes, { size, channels, fit: this.fit, name: path })).pixels, digest }
    } finally {
      file.release()
    }
  }

  private keep(i: number, pixels: Uint8Array): void {
    if (this.place[i] >= 0 || this.used + this.each > this.kept.length) return
    this.kept.set(pixels, this.used)
    this.place[i] = this.used
    this.used += this.each
  }

  /** The good ones among the files. */
  source(rows: Int32Array, skipped: readonly LeftOut[], source: string, names: readonly string[] | undefined): PictureSource {
    const files = Array.from(rows, (row) => this.files[row])
    const { labels, classes } = checkLabels(
      source,
      files.map((file) => file.label),
      names,
    )
    const { size, channels } = this.shape
    const shape = { count: rows.length, labels, classes, height: size[0], width: size[1], channels, source }
    let hash: string | undefined
    const pieces = (): Iterable<Uint8Array | string> => {
      const digests = Array.from(rows, (row) => this.digests.subarray(row * digestBytes, (row + 1) * digestBytes))
      return [this.fit, ...digests]
    }
    return {
      ...shape,
      files: files.map((file) => file.path),
      skipped,
      read: async (indices, out, { signal } = {}) => {
        checkRead(shape, indices, out)
        await this.read(
          source,
          Int32Array.from(indices, (i) => rows[i]),
          out,
          signal,
        )
      },
      get hash() {
        return (hash ??= sourceHash(shape, pieces()))
      },
    }
  }

  private async read(source: string, rows: Int32Array, out: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const where = `images of ${source}`
    stopIfAborted(signal, where, 'a stop before the first image')
    /** Files to decode, each once, and where their pixels go. */
    const places = new Map<number, number[]>()
    rows.forEach((row, i) => {
      const at = this.place[row]
      if (at >= 0) out.set(this.kept.subarray(at, at + this.each), i * this.each)
      else if (!places.get(row)?.push(i)) places.set(row, [i])
    })
    const wanted = [...places.keys()]
    let done = 0
    const work = inOrder(wanted.length, atOnce, async (k) => {
      stopIfAborted(signal, where, `a stop after ${done} of ${wanted.length} files`)
      return this.decode(wanted[k])
    })
    for await (const { pixels, digest } of work) {
      const row = wanted[done++]
      if (digest.some((byte, i) => byte !== this.digests[row * digestBytes + i])) {
        const must = `${this.files[row].path} must be as it was when the pictures were opened`
        throw new KindredError('mismatch', where, must, 'other content', 'Let nothing write there while the pictures are in use.')
      }
      for (const i of places.get(row)!) out.set(pixels, i * this.each)
      this.keep(row, pixels)
    }
  }
}
