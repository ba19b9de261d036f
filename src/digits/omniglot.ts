/**
 * @file Hand-drawn letters from disk: Omniglot's zip files, or any folder with one folder of images per letter; put into MNIST's frame.
 *
 * Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people, 105x105, black on white (Lake, Salakhutdinov, Tenenbaum,
 * "Human-level concept learning through probabilistic program induction", Science 350, 2015). Layout: SET/ALPHABET/characterNN/*.png.
 */
import { basename, join } from 'node:path'
import { checkOptions, ensure, ensureWithin, KindredError, nearestName, show, silent, stopIfAborted, type Progress } from '../base/index.ts'
import { FileBytes, placeOf, readBytes, readZipEntry, zipEntries } from '../files/index.ts'
import { inMemory, type Dataset } from '../dataset/index.ts'
import { decodeImage, listPictures, pictureName } from '../images/index.ts'
import { mnistFrame, type FrameOptions } from './mnist-frame.ts'

/** Settings of {@link omniglotLetters} and {@link lettersFrom}. */
export interface LettersOptions {
  /** Which alphabet of an Omniglot file, such as `Latin` (default); `all` for every one. Folders of plain letters have none. */
  alphabet?: string
  /** At most so many images of each letter, the first by name. */
  perLetter?: number
  /** How images come into MNIST's frame (default: `{ thicken: true }`). */
  frame?: FrameOptions
  /** Where to warn of what was passed over: pictures of other formats, links that lead nowhere, ... */
  progress?: Progress
  signal?: AbortSignal
}

/** One image file, wherever it lies. */
interface Entry {
  /** Path from the root, parts separated by `/`. */
  path: string
  read(): Uint8Array
}

/** Where image files are listed. */
interface Source {
  entries(): readonly Entry[]
  close(): void
}

const optionNames = ['alphabet', 'perLetter', 'frame', 'progress', 'signal']

/**
 * Letters of one of Omniglot's alphabets, in MNIST's frame.
 *
 * @param path a zip file, a folder of zip files, or an unpacked folder; the first that holds the alphabet is taken
 * @returns 28x28x1 images; a class a character, `a`..`z` for Latin, else `ALPHABET/characterNN`
 * @throws KindredError `not-found` when path or alphabet is missing (says which alphabets are there), `corrupt` for damaged files, `limit` for zips that unpack
 *   to more than `unpackedBytes`, `interrupted`
 * cost: about 2 ms an image; of a zip, only the images that are taken are unpacked
 */
export async function omniglotLetters(path: string, options: LettersOptions = {}): Promise<Dataset> {
  checkOptions('Omniglot letters', options, optionNames)
  return within(sourcesOf(path, options), (sources) => omniglot(sources, path, options))
}

function omniglot(sources: readonly Source[], path: string, options: LettersOptions): Promise<Dataset> {
  const { alphabet = 'Latin' } = options
  const present = new Set<string>()
  const chosen: Entry[] = []
  for (const source of sources) {
    for (const entry of source.entries()) {
      const own = alphabetOf(entry)
      if (own === undefined) continue
      present.add(own)
      if (alphabet === 'all' || own === alphabet) chosen.push(entry)
    }
    if (alphabet !== 'all' && chosen.length > 0) break
  }
  if (chosen.length === 0) {
    const near = nearestName(alphabet, [...present])
    throw new KindredError(
      'not-found',
      'Omniglot letters',
      `${path} must hold the alphabet ${show(alphabet)}`,
      present.size === 0 ? 'no Omniglot alphabet at all' : [...present].sort().join(', '),
      near === undefined ? 'Check the path.' : `Did you mean ${show(near)}?`,
    )
  }
  return framed(chosen, alphabet === 'all' ? inAlphabet : characterName, `Omniglot ${alphabet}`, options)
}

const inAlphabet = (parts: readonly string[]): string => `${parts.at(-3)}/${parts.at(-2)}`

/** `a`..`z` in Latin, else `ALPHABET/characterNN`. */
function characterName(parts: readonly string[]): string {
  const number = Number(parts.at(-2)!.slice('character'.length))
  return parts.at(-3) === 'Latin' && number >= 1 && number <= 26 ? String.fromCharCode(96 + number) : inAlphabet(parts)
}

/**
 * Letters from wherever they are: an Omniglot zip, a folder of such zips, an unpacked Omniglot, or a folder with one folder of images per letter.
 *
 * @param path file or folder
 * @returns as {@link omniglotLetters}; for plain folders a class a folder, named as it
 * @throws KindredError `not-found` when nothing fitting is there
 */
export async function lettersFrom(path: string, options: LettersOptions = {}): Promise<Dataset> {
  checkOptions('letters', options, optionNames)
  return within(sourcesOf(path, options), async (sources) => {
    if (holdsAlphabets(sources)) return omniglot(sources, path, options)
    return plainLetters(sources, path, options)
  })
}

/** The alphabet that an image belongs to by its place; undefined for one that does not lie as Omniglot's do. */
const alphabetOf = ({ path }: Entry): string | undefined => /(?:^|\/)([^/]+)\/character\d+\/[^/]+$/.exec(path)?.[1]

const holdsAlphabets = (sources: readonly Source[]): boolean =>
  sources.some((source) => source.entries().some((entry) => alphabetOf(entry) !== undefined))

function plainLetters(sources: readonly Source[], path: string, options: LettersOptions): Promise<Dataset> {
  const entries = sources.flatMap((s) => s.entries()).filter((e) => e.path.includes('/'))
  if (entries.length === 0)
    throw new KindredError(
      'not-found',
      'letters',
      `${path} must hold one folder of images per letter, or Omniglot's zip files`,
      'neither',
      'Make folders A, B, ... with images in them.',
    )
  return framed(entries, (parts) => parts.at(-2)!, `letters of ${basename(path)}`, options)
}

/** Letters of one alphabet, or of one folder that names none. */
export interface Alphabet {
  /** As Omniglot spells it, or the folder's name. */
  readonly name: string
  readonly images: Dataset
}

/**
 * Every alphabet of some archives or folders as a set of its own, sorted by name. One that lies in several of them is read once, from the first.
 *
 * @param paths each as {@link lettersFrom} takes it; a folder of letters without an alphabet is one set, named as the folder
 * @param options as for {@link lettersFrom}; `alphabet` is not asked
 * @returns 28x28x1 images; a class a character, named as {@link omniglotLetters} names it
 * @throws KindredError as {@link lettersFrom}
 * cost: about 2 ms an image
 */
export async function alphabetsFrom(paths: readonly string[], options: Omit<LettersOptions, 'alphabet'> = {}): Promise<Alphabet[]> {
  checkOptions('alphabets', options, optionNames.slice(1))
  const found = new Map<string, Dataset>()
  for (const path of paths)
    await within(sourcesOf(path, options), async (sources) => {
      if (!holdsAlphabets(sources)) {
        const name = basename(path)
        if (!found.has(name)) found.set(name, await plainLetters(sources, path, options))
        return
      }
      for (const source of sources) {
        const lists = new Map<string, Entry[]>()
        for (const entry of source.entries()) {
          const name = alphabetOf(entry)
          if (name === undefined || found.has(name)) continue
          const list = lists.get(name) ?? []
          if (list.length === 0) lists.set(name, list)
          list.push(entry)
        }
        for (const [name, entries] of lists) found.set(name, await framed(entries, characterName, `Omniglot ${name}`, options))
      }
    })
  return [...found].map(([name, images]) => ({ name, images })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function within<T>(sources: readonly Source[], work: (sources: readonly Source[]) => Promise<T>): Promise<T> {
  try {
    return await work(sources)
  } finally {
    for (const source of sources) source.close()
  }
}

async function framed(entries: Entry[], name: (parts: string[]) => string, source: string, options: LettersOptions): Promise<Dataset> {
  const { perLetter = Infinity, frame = { thicken: true }, progress = silent, signal } = options
  ensure(perLetter > 0, 'letters', 'perLetter must be above 0', perLetter)
  const byClass = new Map<string, Entry[]>()
  for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const key = name(entry.path.split('/'))
    const list = byClass.get(key) ?? []
    if (!byClass.has(key)) byClass.set(key, list)
    if (list.length < perLetter) list.push(entry)
  }
  const classes = [...byClass.keys()]
  const all = [...byClass.values()].flatMap((list, c) => list.map((entry) => ({ entry, c })))
  const images = new Uint8Array(all.length * 784)
  let next = 0
  const task = progress.start(`reading ${source}`, all.length, 'image')
  // a few at a time: decoding waits on other threads
  const lanes = Array.from({ length: 8 }, async () => {
    while (next < all.length) {
      const i = next++
      const { entry } = all[i]
      try {
        stopIfAborted(signal, 'letters', `a stop after ${i} of ${all.length} images of ${source}`)
        const image = await decodeImage(entry.read(), { channels: 1 })
        images.set(mnistFrame(image.pixels, image.height, image.width, frame), i * 784)
        task.update(i + 1)
      } catch (error) {
        next = all.length // the others end, too
        if (!(error instanceof KindredError) || error.code === 'interrupted') throw error
        throw new KindredError(error.code, `letters, ${entry.path}`, error.expected, error.got, error.fix, { cause: error })
      }
    }
  })
  const failed = (await Promise.allSettled(lanes)).find((lane) => lane.status === 'rejected')
  task.end()
  if (failed !== undefined) throw failed.reason
  return inMemory({ images, labels: Int32Array.from(all, (a) => a.c), height: 28, width: 28, classes, source })
}

/** One zip, or a folder and the zips in it; zips are opened only when asked. */
function sourcesOf(path: string, { progress = silent }: LettersOptions): Source[] {
  if (placeOf(path, 'letters') === 'file') return [zipSource(path)]
  const { pictures, others, skipped } = listPictures(path, 'letters')
  for (const s of skipped) progress.warn(`left out: ${join(path, s.path)}: ${s.reason}`)
  const images = pictures.map((name): Entry => ({
    path: name,
    read: () => readBytes(join(path, name), 'letters', { limit: 'imageFileBytes' }),
  }))
  const zips = others.filter((name) => !name.includes('/') && /\.zip$/i.test(name))
  return [{ entries: () => images, close() {} }, ...zips.map((name) => zipSource(join(path, name)))]
}

function zipSource(path: string): Source {
  let file: FileBytes | undefined
  let entries: Entry[] | undefined
  let unpacked = 0
  const open = (): Entry[] => {
    const archive = (file = new FileBytes(path, 'letters'))
    const images = [...zipEntries(archive).values()].filter(({ name }) => pictureName(name) === 'read' && !/^__MACOSX|(^|\/)\./.test(name))
    return images.map((entry) => ({
      path: entry.name,
      read() {
        unpacked += entry.size
        ensureWithin('unpackedBytes', unpacked, path, 'what is taken of the archive')
        ensureWithin('imageFileBytes', entry.size, `${path}, ${entry.name}`, 'an image')
        return readZipEntry(archive, entry)
      },
    }))
  }
  return { entries: () => (entries ??= open()), close: () => file?.close() }
}
