/** @file The last chapters of a digits report: what to try next, how it was made. */
import { callText } from '../../base/index.ts'
import { environmentFacts, figureText, html, madeChapter, nextChapter, whole, type Chapter } from '../../report/index.ts'
import type { DigitsReport } from './digits-report.ts'

/** Proposals with exact commands. */
export function next(r: DigitsReport): Chapter {
  const margin = r.embedding.margin ?? 0.4
  const proposals = r.next ?? [
    r.sweep === undefined || r.sweep.length === 0
      ? { command: callText('sweep', []), why: 'Trains once for each margin from 0 to 0.9 and shows the maps side by side.' }
      : {
          command: callText('sweep', [], { steps: 1000 }),
          why: `The sweep with more steps and seeds: does any margin do measurably better than ${figureText(margin)}?`,
        },
    {
      command: callText('digits', [], { dim: r.embedding.dim < 32 ? 32 : 2 }),
      why:
        r.embedding.dim < 32
          ? 'More numbers in the embedding leave more room for classes to part.'
          : 'Two numbers can be drawn without any projection.',
    },
    {
      command: callText('digits', [], { seed: (r.seed ?? 0) + 1 }),
      why: 'The same again with other chance: how much of a difference is luck?',
    },
  ]
  return nextChapter(proposals)
}

/** Versions, seed, data, time. */
export function made(r: DigitsReport): Chapter {
  return madeChapter(
    r,
    [
      [
        'Data',
        `${r.dataset.name ?? 'digits'}: ${whole(r.dataset.train)} ` +
          `training${r.dataset.validation === undefined ? '' : `, ${whole(r.dataset.validation)} validation`}, ${whole(r.dataset.test)} test images`,
      ],
      ...(r.seed === undefined ? [] : ([['Seed', String(r.seed)]] as [string, string][])),
      ...environmentFacts(r),
      ...Object.entries(r.dataset.sha256 ?? {}).map(([file, hash]) => [`SHA-256 of ${file}`, hash] as [string, string]),
    ],
    html`<p>Same seed and same machine give the same numbers. The numbers of this page are also in <code>report.json</code>.</p>`,
  )
}
