/** @file `kindred compare`: the same faces by two models. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { detectorNames, type DetectorName } from '../../faces/index.ts'
import { compare, vggLayers } from '../../recipes/index.ts'
import { oneOf, whole } from '../arguments.ts'
import type { Register } from '../command.ts'
import type { Context } from '../context.ts'
import { versions } from '../version.ts'

interface Options {
  readonly models: string
  readonly out: string
  readonly detector: DetectorName
  readonly layer?: string
  readonly faces?: 'largest' | 'all'
  readonly seed: number
}

export const compareCommand: Register = (program, act) => {
  program
    .command('compare')
    .description('The same faces by two models: two maps side by side, and whether the difference is more than luck.')
    .argument('<dir>', 'one folder per person, or photos without labels')
    .requiredOption('--models <a,b>', 'two of dlib, vgg-face, vgg16, pixels, FILE.onnx, RECIPE.json; vgg-face=FILE names its weights')
    .option('--out <dir>', 'folder for report.html, report.json and maps', 'runs/compare')
    .option('--detector <name>', detectorNames.join(', '), oneOf(detectorNames), 'ssd')
    .option('--layer <name>', `where vgg-face and vgg16 are cut: ${vggLayers.join(', ')} (default: fc7/relu)`, oneOf(vggLayers))
    .option('--faces <which>', 'largest or all of a photo (default: largest where photos lie in folders, else all)', oneOf(['largest', 'all']))
    .option('--seed <n>', 'fixes maps and intervals', whole({ min: 0 }), 0)
    .addHelpText('after', `
Examples:
  kindred compare photos/ --models pixels,dlib
  kindred compare photos/ --models general.onnx,dlib --out runs/general-against-face
  kindred compare photos/ --models vgg16=vgg16.h5,vgg-face=vgg_face.h5`)
    .action(act(tell))
}

async function tell(options: Options, given: Context, dir: string): Promise<void> {
  const { out, models, detector, layer, faces, seed } = options
  if (existsSync(dir)) given.progress.log(`The report grows in ${join(out, 'report.html')}: open it any time.`)
  const report = await compare(dir, {
    out, detector, seed,
    models: models.split(',').map((m) => m.trim()).filter((m) => m !== ''),
    ...(layer === undefined ? {} : { layer }), ...(faces === undefined ? {} : { faces }),
    runtime: await given.runtime(),
    progress: given.progress,
    signal: given.signal,
    command: given.command,
    versions: versions(),
  })
  const percent = (x: number) => `${(100 * x).toFixed(1)} %`
  const points = (x: number) => `${x < 0 ? '' : '+'}${(100 * x).toFixed(1)}`
  const { difference: d } = report
  given.result({ report: join(out, 'report.html'), ...report }, [
    `${report.faces} faces in ${report.photos.withFace} of ${report.photos.total} photos`,
    ...report.models.map(({ model, dim, retrieval: r }) => (r === undefined ? `${model}: ${dim} numbers` : `${model}: nearest neighbour right ${percent(r.knnAccuracy)}, mAP ${percent(r.map)}, silhouette ${(r.silhouette ?? 0).toFixed(3)}`)),
    ...(d === undefined ? report.noRetrieval === undefined ? [] : [report.noRetrieval] : [
      `nearest neighbour: ${points(d.knnAccuracy.value)} points (${points(d.knnAccuracy.low)} to ${points(d.knnAccuracy.high)}); only the first right ${d.knnAccuracy.onlyFirst}, only the second ${d.knnAccuracy.onlySecond}, p = ${d.knnAccuracy.pValue.toPrecision(2)}: ${d.knnAccuracy.verdict}`,
      `mAP: ${points(d.map.value)} points (${points(d.map.low)} to ${points(d.map.high)}): ${d.map.verdict}`,
    ]),
    ...(report.warnings ?? []),
    `report: ${join(out, 'report.html')}  (${Math.round(report.seconds)} s)`,
  ])
}
