/** @file The photos in which nobody was found, small: often one look tells why. */
import { join } from 'node:path'
import { KindredError, stopIfAborted } from '../../base/index.ts'
import type { QuarantineRecord } from '../../faces/index.ts'
import { decodeImage } from '../../images/index.ts'
import { some } from '../../people/index.ts'
import { imageGrid } from '../../plots/index.ts'

const [most, side] = [24, 96]

/**
 * Draws up to 24 of the photos without a face, evenly chosen. Cost: decoding them.
 *
 * @returns undefined where there is none that can be shown
 * @throws KindredError `interrupted`
 */
export async function missedPicture(
  dir: string,
  quarantine: readonly QuarantineRecord[],
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal },
): Promise<string | undefined> {
  const missed = quarantine.filter(({ kind }) => kind === 'no-face')
  const pixels: Uint8Array[] = []
  const captions: string[] = []
  for (const i of some(missed.length, most, seed)) {
    stopIfAborted(signal, 'faces', 'a stop while missed photos were drawn', 'Run it again: it goes on from there.')
    try {
      pixels.push((await decodeImage(join(dir, missed[i].source), { size: [side, side], fit: 'contain' })).pixels)
      captions.push(missed[i].source.split('/').at(-1)!)
    } catch (error) {
      if (!(error instanceof KindredError)) throw error // it has gone since
    }
  }
  if (pixels.length === 0) return undefined
  return imageGrid(new Uint8Array(Buffer.concat(pixels)), { height: side, width: side, channels: 3, columns: 8, size: side, captions })
}
