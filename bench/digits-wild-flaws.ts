/**
 * @file The network of a finished digits run on pictures with flaws: 1,000 digits that it has not seen on pictures of 200x300 pixels, one flaw at a time, and
 * what shows no digit.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KindredError, rng } from '../src/base/index.ts'
import { imageAt } from '../src/dataset/index.ts'
import { loadDigitImage, loadMnist } from '../src/digits/index.ts'
import { listPictures } from '../src/images/index.ts'
import { load } from '../src/models/index.ts'
import { samplePhotos } from '../src/people/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { rejectImages, rejectionFromJson } from '../src/stories/index.ts'
import { classify, headFromJson } from '../src/train/index.ts'
import type { Flaw } from './digits-wild.ts'
import { flaws as tableFlaws, otherFlaws, photoCrop, pictureRng, withoutDigit } from './flawed-pictures.ts'

/** Settings of {@link flaws}. */
export interface FlawsOptions {
  /** Pictures a flaw. */
  readonly count?: number
  /** Which digits: those of the test, or of the training images (to build the reader on). */
  readonly split?: 'test' | 'train'
  readonly only?: RegExp
}

/** Reads each picture as `kindred classify` and `kindred reject` do; a picture that is refused is neither right nor kept. */
export async function flaws(
  run: string,
  seed = 0,
  { count = 1000, split = 'test', only = /./ }: FlawsOptions = {},
): Promise<readonly Flaw[]> {
  const model = await load(join(run, 'model.onnx'), { runtime: await nodeRuntime({ threads: 1 }) })
  try {
    const head = headFromJson(readFileSync(join(run, 'head.json'), 'utf8'), 'head.json', model)
    const rule = rejectionFromJson(readFileSync(join(run, 'reject.json'), 'utf8'), 'reject.json', model)
    const set = await loadMnist({ split })
    const rows = rng(seed)
      .fork('digits')
      .shuffle(Array.from({ length: set.labels.length }, (_, i) => i))
      .slice(0, count)
    const judge = async (
      name: string,
      picture: (i: number) => Promise<Uint8Array>,
      n: number,
      labels?: readonly number[],
    ): Promise<Flaw> => {
      const frames: { pixels: Uint8Array; i: number }[] = []
      for (let i = 0; i < n; i++) {
        try {
          frames.push({ pixels: (await loadDigitImage(await picture(i))).pixels, i })
        } catch (error) {
          if (!(error instanceof KindredError)) throw error
        }
      }
      const all = new Uint8Array(frames.length * 784)
      frames.forEach(({ pixels }, k) => all.set(pixels, k * 784))
      const answers = frames.length === 0 ? [] : classify(head, await model.embed(all))
      const verdicts = frames.length === 0 ? [] : await rejectImages(rule, model, all, () => head)
      const wrong = answers.filter((a, k) => labels === undefined || a.class !== String(labels[frames[k].i]))
      return {
        name,
        pictures: n,
        right: (answers.length - wrong.length) / n,
        kept: verdicts.filter((v) => !v.rejected).length / n,
        statedWhenWrong: wrong.length === 0 ? null : wrong.reduce((sum, a) => sum + a.probability, 0) / wrong.length,
      }
    }
    const labels = rows.map((r) => set.labels[r])
    const out: Flaw[] = []
    const say = (flaw: Flaw): void => {
      out.push(flaw)
      console.error(
        `${flaw.name.padEnd(34)} right ${(100 * flaw.right).toFixed(1).padStart(5)}  kept ${(100 * flaw.kept).toFixed(1).padStart(5)}`,
      )
    }
    for (const [name, draw] of Object.entries({ ...tableFlaws, ...otherFlaws })) {
      if (!only.test(name)) continue
      say(await judge(name, (i) => draw(imageAt(set, rows[i]), pictureRng(seed, name, i)), count, labels))
    }
    const few = Math.max(20, Math.round(count / 10))
    for (const [name, draw] of Object.entries(withoutDigit))
      if (only.test(name)) say(await judge(name, (i) => draw(pictureRng(seed, name, i)), few))
    const photos = listPictures(samplePhotos(), 'digits-wild').pictures.map((p) => join(samplePhotos(), p))
    if (photos.length > 0 && only.test('photographs'))
      say(await judge('photographs', (i) => photoCrop(photos[i % photos.length], pictureRng(seed, 'photographs', i)), few))
    return out
  } finally {
    await model.dispose()
  }
}
