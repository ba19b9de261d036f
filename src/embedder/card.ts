/** @file What a model file says about itself, in the file's metadata under `kindred.*`. */
import * as z from 'zod'
import { checkAs, KindredError, parseJsonAs } from '../base/index.ts'

/** Numbers a pixel: grey, RGB, RGB and opacity. */
export type Channels = 1 | 3 | 4

/** From which number to which pixels go: what black and white are to a network. */
export type PixelRange = '0..255' | '0..1' | '-1..1'
export const pixelRanges: readonly PixelRange[] = ['0..255', '0..1', '-1..1']

/** What a model file says about itself; strings and JSON in the file's metadata under `kindred.*`. */
export interface EmbedderCard {
  /** Class names of the training data. */
  readonly labels: readonly string[]
  /** How pixels must come, in words a program can compare. */
  readonly preprocessing: {
    /** From which number to which the network takes its pixels. Bytes are scaled to it; floats must lie in it. */
    readonly range: PixelRange
    /** How a picture was cut to its size, e.g. `mnist`. */
    readonly frame: string
    /** Default 1; files of grey models leave it out. */
    readonly channels?: Channels
  }
  /** The distance in which alike images are near. */
  readonly metric: 'euclidean' | 'squared-euclidean' | 'cosine'
  /** Everything needed to train it again. */
  readonly recipe: Readonly<Record<string, unknown>>
  readonly seed: number
  /** SHA-256 of the training images and labels. */
  readonly datasetHash: string
  /** Versions of kindred, the runtime, Node. */
  readonly versions: Readonly<Record<string, string>>
}

export const fileFormat = 'kindred-embedder-1'
/** The last entry of the file: SHA-256 of all bytes before it. The first files had none. */
export const sealKey = 'kindred.sha256'

const cardParts = {
  labels: z.array(z.string()),
  preprocessing: z.object({
    range: z.enum(pixelRanges),
    frame: z.string(),
    channels: z.union([z.literal(1), z.literal(3), z.literal(4)], 'expected 1, 3 or 4').optional(),
  }),
  recipe: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
}
const metrics = z.enum(['euclidean', 'squared-euclidean', 'cosine'])

/** The card as metadata. */
export function cardMetadata(card: EmbedderCard): Record<string, string> {
  const { channels = 1, ...preprocessing } = card.preprocessing
  return {
    'kindred.format': fileFormat,
    'kindred.labels': JSON.stringify(card.labels),
    'kindred.preprocessing': JSON.stringify(channels === 1 ? preprocessing : { ...preprocessing, channels }),
    'kindred.metric': card.metric,
    'kindred.recipe': JSON.stringify(card.recipe),
    'kindred.seed': String(card.seed),
    'kindred.datasetHash': card.datasetHash,
    'kindred.versions': JSON.stringify(card.versions),
  }
}

/** The card in a file's metadata. @throws KindredError `corrupt`, naming the entry */
export function readCard(metadata: Readonly<Record<string, string>>, what: string): EmbedderCard {
  const text = (key: string): string => checkAs(metadata[`kindred.${key}`], `${what}, metadata kindred.${key}`, z.string())
  const part = <K extends keyof typeof cardParts>(key: K): z.infer<(typeof cardParts)[K]> =>
    parseJsonAs<z.infer<(typeof cardParts)[K]>>(text(key), `${what}, metadata kindred.${key}`, cardParts[key] as never)
  const seed = text('seed')
  if (!/^-?\d+$/.test(seed) || !Number.isSafeInteger(Number(seed)))
    throw new KindredError('corrupt', `${what}, metadata kindred.seed`, 'it must be a whole number', seed)
  return {
    labels: part('labels'),
    preprocessing: part('preprocessing'),
    metric: checkAs(text('metric'), `${what}, metadata kindred.metric`, metrics),
    recipe: part('recipe'),
    seed: Number(seed),
    datasetHash: text('datasetHash'),
    versions: part('versions'),
  }
}
