/**
 * @file The report of a digits run as one HTML page that needs nothing else: no network, no script, fonts and figures inside.
 */
import type { DigitsReport } from './digits-report.ts'
import { baselines, howItWorks, map, sweep, training, verdict, type Figures } from './digits-sections.ts'
import { head, made, next, rejection } from './digits-sections-open.ts'
import { absent, computing, html, raw } from './html.ts'
import { pageStyle } from './page-style.ts'

/**
 * Writes the page, also while the run goes on: missing parts say "computing…", and the page reloads itself until `report.complete`.
 *
 * @param report the figures in numbers
 * @param figures SVG documents by name; those that are missing leave a placeholder, or nothing where they are extras
 * @returns a whole HTML document, about 130 KB plus the figures
 * @throws KindredError `not-found` when the shipped fonts are missing
 */
export function digitsPage(report: DigitsReport, figures: Figures): string {
  const chapters = [howItWorks(report, figures), training(report, figures), baselines(report, figures), map(report, figures), sweep(report, figures), head(report, figures), rejection(report, figures), next(report), made(report)]
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${!report.complete && html`<meta http-equiv="refresh" content="5">`}
<title>${report.complete ? 'Digits: what the triplet loss learned' : 'Digits (running)'}</title>
<meta name="description" content="Report of a digits run of kindred">
<link rel="icon" href="data:,">
<style>${raw(pageStyle())}</style>
</head>
<body>
<a class="skip" href="#how">Skip to the text</a>
<header>${verdict(report)}</header>
<nav aria-label="Chapters"><ol>${chapters.map((c) => html`<li><a href="#${c.id}">${c.link}</a></li>`)}</ol></nav>
<main>${chapters.map((c) => c.body)}</main>
<footer>Made by kindred.</footer>
</body>
</html>
`.html
  return report.complete ? page.replaceAll(computing, absent) : page
}
