/** @file `kindred faces`: the whole faces story, from a folder of photos to one report. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { detectorNames, type DetectorName } from '../../faces/index.ts'
import { faces, samplePhotos, vggLayers } from '../../recipes/index.ts'
import { oneOf, real, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { versions } from '../version.ts'

interface Options {
  readonly out: string
  readonly detector: DetectorName
  readonly model: string
  readonly weights?: string
  readonly layer?: string
  readonly faces?: 'largest' | 'all'
  readonly minScore?: number
  readonly minSize?: number
  readonly minSharpness?: number
  readonly gallery?: string
  readonly seed: number
}

export const facesCommand: Register = (program, act) => {
  program
    .command('faces')
    .description('The whole story on a folder of photos: find faces, cut them out, embed, map, measure; one report to open.')
    .argument('[dir]', 'one folder per person, or photos without labels (default: the sample photos of @vladmandic/face-api)')
    .option('--out <dir>', 'folder for report.html, report.json, crops, vectors and maps', 'runs/faces')
    .option('--detector <name>', `${detectorNames.join(', ')}: ssd misses least, tiny is fastest`, oneOf(detectorNames), 'ssd')
    .option('--model <name>', 'dlib, vgg-face, vgg16, pixels, or a path: FILE.onnx with its recipe FILE.json beside it, or a recipe that names its "file"', 'dlib')
    .option('--weights <file>', 'weights of vgg-face or vgg16: .h5, .pth (default: fetch the published file once, 0.6 GB)')
    .option('--layer <name>', `where vgg-face and vgg16 are cut: ${vggLayers.join(', ')} (default: fc7/relu)`, oneOf(vggLayers))
    .option('--faces <which>', 'largest or all of a photo (default: largest where photos lie in folders, else all)', oneOf(['largest', 'all']))
    .option('--min-score <s>', 'least score of the detector (default: 0.5)', real({ min: 0 }))
    .option('--min-size <n>', 'least side of a face, pixels (default: 20)', whole({ min: 1 }))
    .option('--min-sharpness <v>', 'leave out blurred faces below this (default: keep all)', real({ min: 0 }))
    .option('--gallery <place>', 'also add the faces to a gallery: a folder, or postgres://user@host/database')
    .option('--seed <n>', 'fixes the map', whole({ min: 0 }), 0)
    .addHelpText('after', `
Examples:
  kindred faces
  kindred faces photos/ --out runs/family
  kindred faces photos/ --model vgg-face --weights vgg_face_weights.h5
  kindred faces photos/ --gallery gallery/

VGG-Face's weights may be used for research only, not commercially. A file that cannot be read is set aside in quarantine.jsonl and does not end the run,
nor does it change the exit code; a run that finds no face at all ends with 1. Running again does only what is new.`)
    .action(act(tell))
}

async function tell(options: Options, given: Context, folder?: string): Promise<void> {
  const { out, detector, model, weights, layer, faces: which, minScore, minSize, minSharpness, gallery, seed } = options
  const dir = folder ?? samplePhotos()
  if (existsSync(dir)) given.progress.log(`The report grows in ${join(out, 'report.html')}: open it any time.`)
  const report = await faces(dir, {
    out, detector, model, seed,
    ...(weights === undefined ? {} : { weights }), ...(layer === undefined ? {} : { layer }),
    ...(which !== undefined ? { faces: which } : folder === undefined ? { faces: 'all' as const } : {}),
    ...(minScore === undefined ? {} : { minScore }), ...(minSize === undefined ? {} : { minSize }), ...(minSharpness === undefined ? {} : { minSharpness }),
    ...(gallery === undefined ? {} : { gallery }),
    runtime: await given.runtime(),
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(),
  })
  const { photos, retrieval } = report
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`
  given.result({ report: join(out, 'report.html'), ...report }, [
    `${report.faces} faces in ${photos.withFace} of ${photos.total} photos${photos.withoutFace === 0 ? '' : `, ${photos.withoutFace} without a face`}${photos.quarantined === 0 ? '' : `, ${photos.quarantined} unreadable (see ${join(out, 'quarantine.jsonl')})`}`,
    retrieval === undefined ? (report.noRetrieval ?? '') : `nearest neighbour right ${percent(retrieval.knnAccuracy)}, mAP ${percent(retrieval.map)}  (${retrieval.queries} faces, leave-one-out)`,
    ...(report.gallery === undefined ? [] : [`gallery: ${report.gallery.added} added, ${report.gallery.skipped} there already`]),
    ...(report.warnings ?? []),
    `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s${report.photosPerSecond === null ? ', nothing new' : `, ${report.photosPerSecond} photos/s`})`,
  ].filter((line) => line !== ''))
}
