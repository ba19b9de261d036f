/**
 * @file Hand-drawn letters from disk: Omniglot's zip files, or any folder with one folder of images per letter; put into MNIST's frame.
 *
 * Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people, 105x105, black on white (Lake, Salakhutdinov, Tenenbaum,
 * "Human-level concept learning through probabilistic program induction", Science 350, 2015). Layout: SET/ALPHABET/characterNN/*.png.
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { unzipSync } from 'fflate'
import { checkOptions, ensure, KindredError, nearestName, show } from '../base/index.ts'
import { ioError, readBytes } from '../files/index.ts'
import { makeDataset, type Dataset } from './dataset.ts'
import { decodeImage } from './decode.ts'
import { mnistFrame, type FrameOptions } from './mnist-frame.ts'

/** Settings of {@link omniglotLetters} and {@link lettersFrom}. */
export interface LettersOptions {
  /** Which alphabet of an Omniglot file, such as `Latin` (default); `all` for every one. Folders of plain letters have none. */
  alphabet?: string
  /** At most so many images of each letter, the first by name. */
  perLetter?: number
  /** How images come into MNIST's frame (default: `{ thicken: true }`). */
  frame?: FrameOptions
}

/** One image file, wherever it lies. */
interface Entry {
  /** Path from the root, parts separated by `/`. */
  path: string
  read(): Uint8Array
}

const imageName = /\.(png|jpe?g|webp|gif|tiff?|bmp|avif)$/i

/**
 * Letters of one of Omniglot's alphabets, in MNIST's frame.
 *
 * @param path a zip file, a folder of zip files, or an unpacked folder; the first that holds the alphabet is taken
 * @returns 28x28x1 images; a class a character, `a`..`z` for Latin, else `ALPHABET/characterNN`
 * @throws KindredError `not-found` when path or alphabet is missing (says which alphabets are there), `corrupt` for damaged files
 * cost: about 2 ms an image
 */
export async function omniglotLetters(path: string, options: LettersOptions = {}): Promise<Dataset> {
  checkOptions('Omniglot letters', options, ['alphabet', 'perLetter', 'frame'])
  const { alphabet = 'Latin' } = options
  const present = new Set<string>()
  const chosen: Entry[] = []
  for (const source of sourcesOf(path)) {
    const parts = source.entries().map((entry) => ({ entry, at: entry.path.split('/') }))
    const inside = parts.filter(({ at }) => at.length >= 3 && /^character\d+$/.test(at.at(-2)!))
    for (const { at } of inside) present.add(at.at(-3)!)
    chosen.push(...inside.filter(({ at }) => alphabet === 'all' || at.at(-3) === alphabet).map((p) => p.entry))
    if (alphabet !== 'all' && chosen.length > 0) break
  }
  if (chosen.length === 0) {
    const near = nearestName(alphabet, [...present])
    throw new KindredError('not-found', 'Omniglot letters', `${path} must hold the alphabet ${show(alphabet)}`, present.size === 0 ? 'no Omniglot alphabet at all' : [...present].sort().join(', '), near === undefined ? 'Check the path.' : `Did you mean ${show(near)}?`)
  }
  const name = (parts: string[]): string => {
    const number = Number(parts.at(-2)!.slice(-2))
    return parts.at(-3) === 'Latin' && alphabet === 'Latin' ? String.fromCharCode(96 + number) : `${parts.at(-3)}/${parts.at(-2)}`
  }
  return framed(chosen, name, `Omniglot ${alphabet}`, options)
}

/**
 * Letters from wherever they are: an Omniglot zip, a folder of such zips, an unpacked Omniglot, or a folder with one folder of images per letter.
 *
 * @param path file or folder
 * @returns as {@link omniglotLetters}; for plain folders a class a folder, named as it
 * @throws KindredError `not-found` when nothing fitting is there
 */
export async function lettersFrom(path: string, options: LettersOptions = {}): Promise<Dataset> {
  checkOptions('letters', options, ['alphabet', 'perLetter', 'frame'])
  const sources = sourcesOf(path)
  const omniglot = sources.some((s) => s.entries().some((e) => /(^|\/)[^/]+\/character\d+\/[^/]+$/.test(e.path)))
  if (omniglot) return omniglotLetters(path, options)
  const entries = sources.flatMap((s) => s.entries()).filter((e) => e.path.includes('/'))
  if (entries.length === 0) throw new KindredError('not-found', 'letters', `${path} must hold one folder of images per letter, or Omniglot's zip files`, 'neither', 'Make folders A, B, ... with images in them.')
  return framed(entries, (parts) => parts.at(-2)!, `letters of ${basename(path)}`, options)
}

async function framed(entries: Entry[], name: (parts: string[]) => string, source: string, options: LettersOptions): Promise<Dataset> {
  const { perLetter = Infinity, frame = { thicken: true } } = options
  ensure(perLetter > 0, 'letters', 'perLetter must be above 0', perLetter)
  const byClass = new Map<string, Entry[]>()
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const key = name(entry.path.split('/'))
    const list = byClass.get(key) ?? []
    if (!byClass.has(key)) byClass.set(key, list)
    if (list.length < perLetter) list.push(entry)
  }
  const classes = [...byClass.keys()]
  ensure(classes.length <= 256, 'letters', 'labels are bytes, so there can be at most 256 classes', classes.length, 'Name one alphabet.')
  const all = [...byClass.values()].flatMap((list, c) => list.map((entry) => ({ entry, c })))
  const images = new Uint8Array(all.length * 784)
  // a few at a time: decoding waits on other threads
  const lanes = Array.from({ length: 8 }, async (_, lane) => {
    for (let i = lane; i < all.length; i += 8) {
      const { entry } = all[i]
      const image = await decodeImage(entry.read(), { channels: 1 }).catch((error: unknown) => {
        if (!(error instanceof KindredError)) throw error
        throw new KindredError(error.code, `letters, ${entry.path}`, error.expected, error.got, error.fix, { cause: error })
      })
      images.set(mnistFrame(image.pixels, image.height, image.width, frame), i * 784)
    }
  })
  await Promise.all(lanes)
  return makeDataset({ images, labels: Uint8Array.from(all, (a) => a.c), height: 28, width: 28, classes, source })
}

/** Where image files are listed: one zip, or one folder; zips are opened only when asked. */
function sourcesOf(path: string): { entries(): Entry[] }[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new KindredError('not-found', 'letters', `${path} must exist`, 'no such file or folder', 'Check the path.')
  if (!stats.isDirectory()) return [zipSource(path)]
  const zips = readdirSync(path).filter((n) => /\.zip$/i.test(n)).sort()
  return [{ entries: () => walk(path, '') }, ...zips.map((z) => zipSource(join(path, z)))]
}

function zipSource(path: string): { entries(): Entry[] } {
  let cached: Entry[] | undefined
  return {
    entries() {
      if (cached !== undefined) return cached
      const bytes = readBytes(path, 'letters')
      try {
        const files = unzipSync(bytes, { filter: (f) => imageName.test(f.name) && !f.name.startsWith('__MACOSX') })
        cached = Object.entries(files).map(([name, content]) => ({ path: name, read: () => content }))
      } catch (error) {
        throw new KindredError('corrupt', 'letters', `${path} must be a whole zip file`, error instanceof Error ? error.message : String(error), 'Fetch it again.', { cause: error })
      }
      return cached
    },
  }
}

function walk(root: string, below: string): Entry[] {
  try {
    return readdirSync(join(root, below), { withFileTypes: true }).flatMap((item): Entry[] => {
      const path = below === '' ? item.name : `${below}/${item.name}`
      if (item.isDirectory()) return walk(root, path)
      return imageName.test(item.name) && !item.name.startsWith('.') ? [{ path, read: () => readBytes(join(root, path), 'letters') }] : []
    })
  } catch (error) {
    throw ioError('letters', join(root, below), error)
  }
}
