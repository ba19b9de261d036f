/**
 * @file The two chapters that every report ends with: what to try next, and how it was made.
 */
import { largest } from '../base/index.ts'
import { chapter, type Chapter } from './chapter.ts'
import { duration, html, type Html } from './html.ts'
import type { ReportState } from './report-state.ts'

/** A command with its reason. */
export interface Proposal {
  readonly command: string
  readonly why: string
}

/** Proposals with exact commands. */
export function nextChapter(proposals: readonly Proposal[]): Chapter {
  return chapter(
    'next',
    'Next',
    'What to try next',
    html`<ul class="next">${proposals.map((p) => html`<li><pre><code>${p.command}</code></pre><p>${p.why}</p></li>`)}</ul>`,
  )
}

/**
 * Where the time went, and what it takes to get the same again.
 *
 * @param run the report's stages, and its command, which stands first among the facts
 * @param facts the others, name and value; see {@link environmentFacts}
 * @param closing one or more paragraphs below
 */
export function madeChapter(
  run: Pick<ReportState, 'stages' | 'command' | 'processor'>,
  facts: readonly (readonly [string, string])[],
  closing: Html,
): Chapter {
  const stages = (run.stages ?? []).toSorted((a, b) => (a.from ?? 0) - (b.from ?? 0))
  // each bar lies where its part began
  const whole = largest(
    stages.map((s) => (s.from ?? 0) + s.seconds),
    1e-9,
  )
  const share = (seconds: number): string => `${((seconds / whole) * 70).toFixed(1)}%`
  const atOnce = stages.some((s, i) => i > 0 && s.from !== undefined && s.from < (stages[i - 1].from ?? 0) + stages[i - 1].seconds - 0.05)
  const all = [...(run.command === undefined ? [] : [['Command', run.command] as const]), ...facts]
  return chapter(
    'made',
    'Making of',
    'How this was made',
    html`${
      stages.length > 0 &&
      html`<h3>Where the time went</h3><ul class="bars">${stages.map(
        (s) =>
          html`<li><span>${s.name}</span><span><i style="margin-left:${share(s.from ?? 0)};width:${share(s.seconds)}"></i>${duration(s.seconds)}</span></li>`,
      )}</ul>${
        atOnce &&
        html`<p>Bars that lie above one another are parts that went on at once${
          run.processor === undefined ? '' : `; all processors together computed for ${duration(run.processor)}`
        }.</p>`
      }`
    }
<h3>To get the same again</h3><dl>${all.map(([k, v]) => html`<dt>${k}</dt><dd>${v}</dd>`)}</dl>
${closing}`,
  )
}

/** What a run was computed by, as reports keep it. */
export const environmentOf = (
  runtime: { readonly name: string; readonly threads: number },
  versions: Readonly<Record<string, string>> = {},
): Record<string, string> => ({ ...versions, runtime: `${runtime.name}, ${runtime.threads} threads` })

/** Versions and machine as facts. */
export function environmentFacts({ environment = {} }: { environment?: Readonly<Record<string, string | number>> }): [string, string][] {
  return Object.entries(environment).map(([name, value]) => [name, String(value)])
}
