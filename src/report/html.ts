/**
 * @file HTML as strings: escaped by default. `html` escapes what is put in, unless it is HTML already.
 */
import { duration as inWords, percent } from '../base/index.ts'
import { escapeXml } from '../plots/index.ts'

/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

/** HTML that is known to be safe: markup written in this package. */
export const raw = (text: string): Html => ({ html: text })

type Part = string | number | Html | undefined | false | readonly (Html | undefined | false)[]

/** A template: `html\`<p>${text}</p>\`` escapes `text`; arrays are joined; `undefined` and `false` vanish. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let out = strings[0]
  for (const [i, part] of parts.entries()) out += show(part) + strings[i + 1]
  return raw(out)
}

function show(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string' || typeof part === 'number') return escapeXml(String(part)).replace(/'/g, '&#39;')
  if ('html' in part) return part.html
  return part.map(show).join('')
}

/**
 * An SVG document ready to stand inside a page: no XML head, ids (and all that points to them) prefixed so that they are unique on the page, colours as
 * variables of the page, which `figureColours` gives their values.
 *
 * @param svg an SVG document
 * @param prefix unique on the page, e.g. the figure's name
 */
export function inlineSvg(svg: string, prefix: string): Html {
  const body = svg.replace(/^\s*<\?xml[^>]*\?>\s*/, '').replace(/^\s*<!DOCTYPE[^>]*>\s*/i, '')
  return raw(
    body
      .replace(/(\s(?:fill|stroke|stop-color)=)"#([0-9a-f]{6})"/g, '$1"var(--f-$2)"')
      .replace(/(\s)id="([^"]+)"/g, `$1id="${prefix}-$2"`)
      .replace(/url\(#([^)]+)\)/g, `url(#${prefix}-$1)`)
      .replace(/((?:xlink:)?href)="#([^"]+)"/g, `$1="#${prefix}-$2"`)
      .replace(
        /(aria-(?:labelledby|describedby))="([^"]+)"/g,
        (_, name: string, ids: string) =>
          `${name}="${ids
            .split(/\s+/)
            .map((id) => `${prefix}-${id}`)
            .join(' ')}"`,
      ),
  )
}

/** Stands where a part is still missing; the page turns it into {@link absent} once the run is over. */
export const computing = 'computing…'

/** What {@link computing} becomes in a finished report. */
export const absent = 'not part of this run'

/** Figures are set in 11 to 13 pixels: at this scale they stay above 9. */
const leastScale = 0.85

/**
 * A figure with its caption; while it is missing, a quiet placeholder. Wide figures scroll sideways on narrow screens instead of shrinking until unreadable.
 */
export function figure(svg: string | undefined, name: string, caption: Html | string): Html {
  if (svg === undefined)
    return html`<figure class="figure waiting" id="figure-${name}"><p>${computing}</p><figcaption>${caption}</figcaption></figure>`
  const own = Number(/<svg\b[^>]*?\swidth="([\d.]+)"/.exec(svg)?.[1] ?? 860)
  // Wide figures fill the card; small ones keep their size. None shrinks so far that its texts cannot be read: it scrolls sideways before.
  const most = own >= 720 ? 1100 : own * 1.15
  const least = Math.round(own * leastScale)
  return html`<figure class="figure${least > 340 ? ' wide' : ''}" id="figure-${name}"><div class="scroll" tabindex="0" role="region" \
aria-label="Figure, scrolls sideways">\
<div class="sheet" style="max-width:${Math.round(most)}px;min-width:${least}px">${inlineSvg(svg, name)}</div></div><figcaption>\
${caption}</figcaption></figure>`
}

/** A table with a head; cells that are numbers align right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | Html)[])[],
  options: { numeric?: readonly number[]; label: string },
): Html {
  const numeric = new Set(options.numeric ?? [])
  const cls = (j: number) => (numeric.has(j) ? raw(' class="n"') : raw(''))
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${options.label}"><table><thead><tr>\
${head.map((h, j) => html`<th scope="col"${cls(j)}>${h}</th>`)}</tr></thead><tbody>\
${rows.map((r) => html`<tr>${r.map((c, j) => html`<td${cls(j)}>${c}</td>`)}</tr>`)}</tbody></table></div>`
}

/**
 * A table of which only the first rows are open and the rest is folded; of very many, the last are left out and counted.
 *
 * @param options.open rows that are always seen; default 12
 * @param options.most rows on the page at most; default 200
 * @param options.what what the rows are, in the plural, e.g. "people"
 * @param options.rest where the rows beyond `most` are, e.g. "report.json"
 */
export function foldedTable(
  head: readonly string[],
  rows: readonly (readonly (string | number | Html)[])[],
  options: { numeric?: readonly number[]; label: string; what: string; rest: string; open?: number; most?: number },
): Html {
  const { open = 12, most = 200, what, rest } = options
  const part = (some: typeof rows, label: string) => table(head, some, { numeric: options.numeric, label })
  if (rows.length <= open + 4) return part(rows, options.label)
  const left = rows.length - most
  return html`${part(rows.slice(0, open), options.label)}
<details><summary>${`${whole(Math.min(rows.length, most) - open)} more ${what}`}</summary>\
${part(rows.slice(open, most), `${options.label}, continued`)}</details>
${left > 0 && html`<p>${`… and ${whole(left)} more in ${rest}.`}</p>`}`
}

/** A share as "98.4 %" with a space that does not break. */
export function pct(share: number | null | undefined, decimals = 1): string {
  return share === null || share === undefined || !Number.isFinite(share) ? '—' : unbroken(percent(share, decimals).replace('-', '−'))
}

/** Seconds as "4.2 s", "42 s", "3 min 10 s", "1 h 05 min". */
export const duration = (seconds: number): string => unbroken(inWords(seconds, { tenths: true }))

/** A number and its unit stay on one line. */
const unbroken = (text: string): string => text.replace(/(\d) /g, '$1\u00a0')

/** 60000 -> "60,000". */
export function whole(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** At most four significant digits. */
export function figureText(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return '—'
  const size = Math.abs(v)
  return (size !== 0 && (size < 0.001 || size >= 100_000) ? v.toExponential(2) : String(Number(v.toPrecision(4)))).replace(/-/g, '−')
}
