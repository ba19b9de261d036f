/** @file What a digits report says of the networks that are still being trained when the rest of it is whole. */
import { counted } from '../../base/index.ts'
import { duration, html, type Html } from '../../report/index.ts'
import type { EpochRecord } from '../../train/index.ts'
import type { DigitsReport } from './digits-report.ts'
import type { Lesson } from './lessons.ts'

/** What is still to come: the lessons, and about how many seconds they take by what a step of the training took. Judging is about a fourth on top. */
export function comingFrom(history: readonly Pick<EpochRecord, 'step' | 'seconds'>[], lessons: readonly Lesson[]): DigitsReport['coming'] {
  const steps = lessons.reduce((sum, { length }) => sum + length.epochs * length.stepsPerEpoch, 0)
  const spent = history.reduce((sum, { seconds }) => sum + seconds, 0)
  return { networks: lessons.map(({ name }) => name), seconds: 1.25 * steps * (spent / history.at(-1)!.step) }
}

/** A note for the chapter on rejection; nothing once all networks are there. */
export function comingNote({ coming, complete }: DigitsReport): Html | false {
  if (complete || coming === undefined || coming.networks.length === 0) return false
  const { networks, seconds } = coming
  return html`<div class="note"><p><strong>The rest of this page is whole; ${counted(networks.length, 'more network is', 'more networks are')} being trained\
</strong>, against ${networks.join(' and then ')}: about ${duration(seconds)} in all. What they reject will stand here and at the top.</p></div>`
}
