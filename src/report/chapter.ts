/** @file A chapter of a report: what every page is made of. */
import { html, type Html } from './html.ts'

/** A chapter with its place in the list above the page. */
export interface Chapter {
  id: string
  /** Short, for the list. */
  link: string
  body: Html
}

/** A chapter: a kicker, a heading that can be linked to, and what follows. */
export function chapter(id: string, link: string, title: string, body: Html): Chapter {
  return {
    id,
    link,
    body: html`<section id="${id}" aria-labelledby="${id}-title"><p class="kicker">${link}</p><h2 id="${id}-title"><a href="#${id}">${title}</a></h2>\
${body}</section>`,
  }
}
