/**
 * @file In which order the chapters of the digits story come about: as many at once as their figures allow.
 *
 * Training goes on on threads of its own; beside it the margins are swept and the baselines judged, then the trained network is. The two networks that are
 * trained on against outliers come last, when the rest of the report is whole. Each chapter computes the same numbers in whatever company.
 */
import type { Dataset } from '../../dataset/index.ts'
import type { Together } from '../together.ts'
import { baselines, classify, drawMap, judge, shortSweep, trainNetwork } from './chapters.ts'
import { comingFrom } from './coming.ts'
import { digitsOfAllKinds, lessons, teach } from './lessons.ts'
import { learntFonts, openRejection } from './reject-chapter.ts'
import type { Judged, Run } from './run.ts'

/** Begins all chapters. Where they come in turn, it is in the order in which they are begun here. */
export function beginChapters(run: Run, begin: Together['begin']): void {
  const { options, story, runtime } = run
  const trained = begin(() => trainNetwork(run))
  const judged = begin(async () => judge(run, (await trained).weights, 'model.onnx', 'trained on digits alone', true))
  const head = begin(async () => classify(run, await judged))
  const mapped = begin(async () => drawMap(run, await judged, await head))
  // half of the threads: the training has the others
  const short = begin(() => shortSweep({ ...run, runtime: runtime.apart?.(Math.ceil(runtime.threads / 2)) ?? runtime }))
  const based = begin(async () => {
    await short
    await baselines(run)
  })
  const rejection = begin(async () => {
    await head
    return openRejection(run)
  })
  const alone = begin(async () => (await rejection).alone(await judged, await head, short))
  if (options.outliers === false) return
  const further = lessons(run, learntFonts)
  let whole = begin(async () => {
    await Promise.all([mapped, based, alone])
    story.update({ coming: comingFrom((await trained).history, further) })
  })
  let weights = async (): Promise<Judged['weights']> => {
    await alone // until then, processors are wanted for the rest of the report
    return (await trained).weights
  }
  let all: Dataset | undefined
  const digits = (): Dataset => (all ??= digitsOfAllKinds(run, learntFonts))
  for (const [i, lesson] of further.entries()) {
    const [from, before] = [weights, whole]
    const learnt = begin(async () => {
      const start = await from()
      return teach(run, lesson, digits(), start)
    })
    weights = async () => (await learnt).weights
    whole = begin(async () => {
      await before
      await (await rejection).after(lesson, await learnt)
      story.update({ coming: i + 1 === further.length ? undefined : comingFrom((await trained).history, further.slice(i + 1)) })
    })
  }
}
