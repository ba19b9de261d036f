/**
 * @file What a page says of its run's life: going on, ended early, or silent for so long that nobody can tell.
 */
import { absent, computing, duration, html, raw, type Html } from './html.ts'
import type { ReportState } from './report-state.ts'

/** What the title of a page ends with while the run goes on. */
export const runningTitle = ' (running)'
/** Where scripts are off, the page is reloaded by the browser alone. */
export const refresh = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
/** Reloads while the run is alive: its last sign of life is no older than two minutes. */
export const reload = `<script>
{
  const line = document.querySelector('.running')
  const heard = Date.parse(line.dataset.heard)
  if (Date.now() - heard > 120000) line.textContent = 'No sign of life since ' + new Date(heard).toLocaleString() + ': the run was killed, or its machine is \
asleep or very busy. Reload the page to look again.'
  else setTimeout(() => location.reload(), 5000)
}
</script>`

/**
 * How the run stands, for the top of the page: what it does right now, or why it ended early; nothing where it is done.
 *
 * @param goOn how to go on after a stop, a sentence
 */
export function lifeLine(r: ReportState, goOn = 'What was done is kept: the same command goes on from there.'): Html | false {
  if (r.complete) return r.stopped !== undefined && endedEarly(html`${r.stopped}`, html`${goOn}`)
  const words = `Still running${r.now === undefined ? '' : `: ${r.now}`}. ${duration(r.seconds)} so far; the page reloads itself every five seconds.`
  return html`<p class="running" role="status" data-heard="${r.running?.heard}" data-go-on="${goOn}">${words}</p>`
}

const endedEarly = (reason: Html, goOn: Html): Html =>
  html`<div class="note bad" role="note"><p><strong>The run ended early.</strong> ${reason}</p><p>${goOn}</p></div>`

/**
 * The page of a run that was killed, made from the last page it wrote.
 *
 * @param page a page of a run that goes on; any other comes back as it is
 */
export function closedPage(page: string, reason: string): string {
  return page
    .replace(`${refresh}\n`, '')
    .replace(`${reload}\n`, '')
    .replace(`${runningTitle}</title>`, ' (ended early)</title>')
    .replace(/<p class="running"[^>]* data-go-on="([^"]*)">[^<]*<\/p>/, (_, goOn: string) => endedEarly(html`${reason}`, raw(goOn)).html)
    .replaceAll(computing, absent)
}
