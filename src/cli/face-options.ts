/** @file Options that all commands on faces share: which detector and which model. */
import type { Command } from 'commander'
import { printable } from '../base/index.ts'
import type { DetectorName } from '../faces/index.ts'
import { oneOf } from './arguments.ts'
import { detectorNames, vggLayers } from './choices.ts'
import { textWidth } from './width.ts'

/** What they hold. */
export interface NetworkOptions {
  readonly detector?: DetectorName
  readonly model?: string
  readonly weights?: string
  readonly layer?: string
}

/** Adds `--detector`, `--model`, `--weights`, `--layer`; without them the networks that made the vectors are used. */
export function withNetworkOptions(command: Command): Command {
  return command
    .option('--detector <name>', `${detectorNames.join(', ')} (default: that of the vectors, else ssd)`, oneOf(detectorNames))
    .option('--model <name>', 'dlib, vgg-face, vgg16, pixels, FILE.onnx or RECIPE.json (default: that of the vectors, else dlib)')
    .option('--weights <file>', 'weights of vgg-face or vgg16')
    .option('--layer <name>', 'where vgg-face and vgg16 are cut', oneOf(vggLayers))
}

/** The options that were given. */
export function networkChoice({ detector, model, weights, layer }: NetworkOptions): NetworkOptions {
  return {
    ...(detector === undefined ? {} : { detector }),
    ...(model === undefined ? {} : { model }),
    ...(weights === undefined ? {} : { weights }),
    ...(layer === undefined ? {} : { layer }),
  }
}

/** Rows as lines with aligned columns, numbers to the right. They are straight once the lines are shown, with the control characters of their cells escaped. */
export function columns(rows: readonly (readonly (string | number)[])[]): string[] {
  const text = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toFixed(4) : cell)))
  const width = (cell: string): number => textWidth(printable(cell))
  const widths = text[0].map((_, c) => text.reduce((most, row) => Math.max(most, width(row[c])), 0))
  const right = rows[0].map((_, c) => rows.every((row) => typeof row[c] === 'number'))
  const fill = (cell: string, c: number): string => ' '.repeat(widths[c] - width(cell))
  return text.map((row) =>
    row.map((cell, c) => (right[c] ? fill(cell, c) + cell : c === row.length - 1 ? cell : cell + fill(cell, c))).join('  '),
  )
}
