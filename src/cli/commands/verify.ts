/** @file `kindred verify`: one person or two, and the threshold that says so. */
import { KindredError } from '../../base/index.ts'
import { calibrateThreshold, saveThreshold, strangersLine, thresholdLine, verifyPhotos, type FaceVerification, type SavedThreshold } from '../../recipes/index.ts'
import { oneOf, real } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { columns, networkChoice, withNetworkOptions, type NetworkOptions } from '../face-options.ts'

interface Options extends NetworkOptions {
  readonly threshold?: number
  readonly calibration?: string
  readonly calibrate?: string
  readonly far?: number
  readonly save?: string
  readonly keep?: string
  readonly faces?: 'largest' | 'all'
}

export const verifyCommand: Register = (program, act) => {
  const command = program
    .command('verify')
    .description('One person or two: the distance of two photos, and a verdict by a threshold calibrated on your own labelled photos.')
    .argument('[a]', 'a photo')
    .argument('[b]', 'another')
    .option('--threshold <d>', 'greatest distance that counts as one person', real({ min: 0 }))
    .option('--calibration <file>', 'a threshold that --save kept')
    .option('--calibrate <dir>', 'calibrate on labelled photos: one folder per person, the OUT of kindred faces, or a gallery')
    .option('--far <rate>', 'with --calibrate: the share of pairs of two people that may be taken for one (default: 0.001)', real({ min: 1e-9, max: 0.5 }))
    .option('--save <file>', 'keep the calibration; as threshold.json in the OUT of kindred faces, or GALLERY.threshold.json beside a gallery, kindred search finds it by itself')
    .option('--keep <dir>', 'where the faces of the labelled folder are kept (default: runs/faces-NAME-HASH)')
    .option('--faces <which>', 'of each photo: largest or all (default: all, each pair with its own answer)', oneOf(['largest', 'all']))
  withNetworkOptions(command)
    .addHelpText('after', `
Examples:
  kindred verify a.jpg b.jpg --calibrate photos/ --far 0.001
  kindred verify --calibrate photos/ --save threshold.json
  kindred verify a.jpg b.jpg --calibration threshold.json

Without a threshold there is a distance and no verdict. A calibration is refused where there are too few pairs of two people for the rate asked for: three
for each one in the rate (3,000 for 0.001). Its figures hold for people and photos like those it was made on. A search compares a stranger with every known face,
so it errs more often than a pair does: the figure for strangers tells how often.`)
    .action(act(verify))
}

async function verify(options: Options, given: Context, a?: string, b?: string): Promise<void> {
  const { threshold, calibration, calibrate, far, save, keep, faces } = options
  const wrong = (expected: string, got?: string): never => {
    throw new KindredError('usage', 'verify', expected, got)
  }
  if ((a === undefined) !== (b === undefined)) wrong('two photos must be given', 'one')
  if (a === undefined && calibrate === undefined) wrong('two photos, or --calibrate, must be given', 'neither')
  if ([threshold, calibration, calibrate].filter((x) => x !== undefined).length > 1) wrong('only one of --threshold, --calibration and --calibrate may be given')
  if (calibrate === undefined && (far !== undefined || save !== undefined || keep !== undefined)) wrong(`${far !== undefined ? '--far' : save !== undefined ? '--save' : '--keep'} must come with --calibrate`)
  const runtime = await given.runtime()
  const choice = networkChoice(options)
  const calibrated = calibrate === undefined ? undefined : await calibrateThreshold(calibrate, { ...choice, ...(far === undefined ? {} : { far }), ...(keep === undefined ? {} : { keep }), runtime, progress: given.progress, signal: given.signal })
  if (calibrated !== undefined && save !== undefined) saveThreshold(save, calibrated)
  const result = a === undefined || b === undefined ? undefined : await verifyPhotos(a, b, {
    ...choice, ...(threshold === undefined ? {} : { threshold }), ...(calibration === undefined ? {} : { calibration }), ...(calibrated === undefined ? {} : { calibrated }), ...(faces === undefined ? {} : { faces }), runtime,
  })
  given.result({ ...result, ...(calibrated === undefined ? {} : { calibration: calibrated }), ...(save === undefined ? {} : { saved: save }) }, [...(result === undefined ? [] : verdicts(result)), ...(calibrated === undefined ? [] : calibrationLines(calibrated)), ...(save === undefined ? [] : [`kept in ${save}`])])
}

function verdicts({ a, b, faces, pairs, threshold, published }: FaceVerification): string[] {
  const says = (same: boolean | null): string => (same === null ? 'no verdict' : same ? 'the same person' : 'two people')
  let lines: string[] = []
  if (pairs.length === 1) lines.push(`${says(pairs[0].same)}: distance ${pairs[0].distance.toFixed(4)}`)
  else {
    lines.push(`${faces[0]} ${faces[0] === 1 ? 'face' : 'faces'} in ${a}, ${faces[1]} in ${b}: each pair has its own answer (--faces largest compares the largest alone)`)
    lines = lines.concat(columns(pairs.map((p) => [`  face ${p.a + 1} and face ${p.b + 1}`, p.distance, says(p.same)])))
  }
  if (threshold === undefined) {
    if (published !== undefined) lines.push(`${published.threshold} is published by ${published.by}; it was not calibrated on your photos`)
    lines.push('No threshold, so no verdict: calibrate one on labelled photos (--calibrate DIR), or give --threshold.')
  } else if (threshold.from === 'given' || threshold.file !== undefined) lines.push(thresholdLine(threshold))
  return lines
}

function calibrationLines(c: SavedThreshold): string[] {
  return [
    thresholdLine({ value: c.threshold, from: 'calibrated', calibration: c }),
    `measured on ${c.impostors} pairs of two people and ${c.genuine} pairs of one (${c.faces} faces); the interval ${c.intervalsBy === 'people' ? `resamples people${c.people < 10 ? `, of whom ${c.people} are few: it is rough` : ''}` : 'takes pairs as independent, which they are not: it is too narrow'}`,
    strangersLine(c),
  ]
}
