/**
 * @file The two chapters that every report ends with: what to try next, and how it was made.
 */
import { largest } from '../base/index.ts'
import { chapter, type Chapter } from './chapter.ts'
import { duration, html, type Html } from './html.ts'

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
  run: { stages?: readonly { name: string; seconds: number }[]; command?: string },
  facts: readonly (readonly [string, string])[],
  closing: Html,
): Chapter {
  const stages = run.stages ?? []
  const longest = largest(
    stages.map((s) => s.seconds),
    1e-9,
  )
  const all = [...(run.command === undefined ? [] : [['Command', run.command] as const]), ...facts]
  return chapter(
    'made',
    'Making of',
    'How this was made',
    html`${
      stages.length > 0 &&
      html`<h3>Where the time went</h3><ul class="bars">${stages.map(
        (s) =>
          html`<li><span>${s.name}</span><span><i style="width:${((s.seconds / longest) * 70).toFixed(1)}%"></i>${duration(s.seconds)}</span></li>`,
      )}</ul>`
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
