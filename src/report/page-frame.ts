/**
 * @file The frame of a report page: head, list of chapters, body. No network, fonts and figures inside. While the run goes on, a script of a few lines reloads
 * the
 * page, and stops where the run has shown no sign of life for long; a page that is complete has none.
 */
import type { Chapter } from './chapter.ts'
import { absent, computing, html, raw, type Html } from './html.ts'
import { refresh, reload, runningTitle } from './life-line.ts'
import { figureColours, pageStyle } from './page-style.ts'

/** What a page is made of. */
export interface PageParts {
  title: string
  description: string
  /** While false the page reloads itself, and missing parts say "computing…". */
  complete: boolean
  verdict: Html
  chapters: readonly Chapter[]
}

/** A whole HTML document, about 130 KB plus its figures. */
export function pageFrame({ title, description, complete, verdict, chapters }: PageParts): string {
  const body = html`<header>${verdict}</header>
<nav aria-label="Chapters"><ol>${chapters.map((c) => html`<li><a href="#${c.id}">${c.link}</a></li>`)}</ol></nav>
<main>${chapters.map((c) => c.body)}</main>`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${!complete && raw(refresh)}
<title>${complete ? title : `${title.split(':')[0]}${runningTitle}`}</title>
<meta name="description" content="${description}">
<link rel="icon" href="data:,">
<style>${raw(pageStyle() + figureColours(body.html))}</style>
</head>
<body>
<a class="skip" href="#${chapters[0].id}">Skip to the text</a>
${body}
<footer>Made by kindred.</footer>
${!complete && raw(reload)}
</body>
</html>
`.html
  return complete ? page.replaceAll(computing, absent) : page
}
