/**
 * @file The report page's style sheet: one column of text, wide figures, light and dark, paper. No request leaves the page.
 */
import { base64 } from '../images/index.ts'
import { darkColour, webFontFiles } from '../plots/index.ts'
import { readBytes } from '../files/index.ts'

/** The style sheet with both fonts inside (about 125 KB). */
export function pageStyle(): string {
  const faces = webFontFiles.map(
    (path, i) =>
      `@font-face{font-family:Inter;font-weight:${[400, 600][i]};font-display:swap;src:url(data:font/woff2;` +
      `base64,${base64(readBytes(path, 'report'))}) format("woff2")}`,
  )
  return faces.join('\n') + rules
}

/** The colours of all figures inside a page as rules of a style sheet: as they were drawn, and on a dark screen their partners. */
export function figureColours(page: string): string {
  const all = [...new Set(Array.from(page.matchAll(/var\(--f-([0-9a-f]{6})\)/g), (found) => found[1]))].sort()
  const rule = (value: (colour: string) => string) => `:root{${all.map((c) => `--f-${c}:${value(`#${c}`)}`).join(';')}}`
  return all.length === 0 ? '' : `${rule((c) => c)}\n@media screen and (prefers-color-scheme:dark){${rule(darkColour)}}\n`
}

const rules = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2530;--soft:#56616e;--line:#dfe4ea;--wash:#f5f7f9;--blue:#1f6fb5;--orange:#b6540a;--red:#b3261e;\
--sheet:#fff}
@media (prefers-color-scheme:dark){:root{--paper:#14191f;--ink:#e8ecf1;--soft:#a3aebb;--line:#303a46;--wash:#1c232b;--blue:#7ab8ee;--orange:#f0a35e;\
--red:#ff9a90;--sheet:#1a2027}}
@media screen and (prefers-color-scheme:dark){.ink{filter:invert(1) hue-rotate(180deg)}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:64px;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.62 Inter,'Helvetica Neue','Segoe UI',Roboto,Arial,sans-serif;font-feature-settings:"kern"}
.skip{position:absolute;left:-999px}.skip:focus{left:16px;top:12px;background:var(--paper);padding:6px 12px;z-index:9;outline:2px solid var(--blue)}
header,main,footer{max-width:1060px;margin:0 auto;padding:0 24px}
header{padding-top:56px}
h1{font-size:clamp(30px,5vw,44px);line-height:1.14;letter-spacing:-.018em;margin:0 0 14px;font-weight:600;max-width:20em;text-wrap:balance}
.lead{font-size:20px;line-height:1.5;color:var(--soft);max-width:38em;margin:0 0 28px}
.lead strong{color:var(--ink)}
h2{font-size:28px;line-height:1.22;letter-spacing:-.012em;margin:0 0 12px;font-weight:600;max-width:24em;text-wrap:balance}
h3{font-size:19px;margin:34px 0 8px;font-weight:600}
h2 a,h3 a{color:inherit;text-decoration:none}h2 a:hover::after,h3 a:hover::after{content:" #";color:var(--soft)}
p,li{max-width:42em}p{margin:0 0 14px}
a{color:var(--blue);text-underline-offset:3px}
:focus-visible{outline:2.5px solid var(--blue);outline-offset:3px;border-radius:3px}
section{padding:44px 0 20px;border-top:1px solid var(--line);margin-top:32px}
main section:first-child{border-top:0;margin-top:0}
.kicker{font-size:13px;font-weight:600;letter-spacing:.07em;text-transform:uppercase;color:var(--blue);margin:0 0 6px}
nav{position:sticky;top:0;background:var(--paper);border-bottom:1px solid var(--line);z-index:5;margin-top:36px}
nav ol{list-style:none;display:flex;gap:4px 22px;overflow-x:auto;max-width:1060px;margin:0 auto;padding:12px 24px;scrollbar-width:thin}
nav li{white-space:nowrap;font-size:14.5px}nav a{color:var(--soft);text-decoration:none}nav a:hover{color:var(--ink);text-decoration:underline}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:0 28px;margin:8px 0 8px;padding:0;list-style:none}
.tiles li{border-top:3px solid var(--ink);padding:10px 0 18px;max-width:none}
.tiles b{display:block;font-size:38px;line-height:1.15;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tiles span{display:block;font-weight:600;font-size:15px}.tiles small{text-wrap:pretty;display:block;color:var(--soft);font-size:14px;line-height:1.42}
.tiles .wait{color:var(--soft)}
.formula{font-size:clamp(17px,2.6vw,23px);background:var(--wash);border-radius:8px;padding:18px 22px;margin:18px 0 20px;overflow-x:auto;white-space:nowrap}
.formula i{font-style:italic}.formula .a{color:var(--ink);font-weight:600}.formula .p{color:var(--blue);font-weight:600}\
.formula .n{color:var(--orange);font-weight:600}
.figure{margin:26px 0 30px}
.figure .scroll{border:1px solid var(--line);border-radius:10px;background:var(--sheet)}
.scroll{overflow-x:auto}.scroll+p{margin-top:14px}.path{overflow-wrap:anywhere}
.sheet{margin:0 auto}.sheet svg{display:block;width:100%;height:auto}
figcaption{color:var(--soft);font-size:15px;line-height:1.5;margin-top:10px;max-width:46em}
.waiting p::first-letter{text-transform:uppercase}.waiting p{border:1px dashed var(--line);border-radius:10px;padding:44px 20px;text-align:center;\
color:var(--soft);max-width:none;margin:0}
.note{border-left:4px solid var(--orange);background:var(--wash);padding:12px 18px;border-radius:0 8px 8px 0;margin:18px 0;max-width:44em}\
.note p:last-child{margin:0}.note.bad{border-color:var(--red)}
.running{display:flex;gap:12px;align-items:center;background:var(--wash);border-radius:8px;padding:12px 18px;margin:0 0 22px}
.running::before{content:"";width:11px;height:11px;border-radius:50%;background:var(--orange);flex:none}
table{border-collapse:collapse;font-size:15px;line-height:1.4;font-variant-numeric:tabular-nums;min-width:100%;margin:6px 0}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--line);padding:8px 18px 8px 0;vertical-align:bottom}
td{border-bottom:1px solid var(--line);padding:8px 18px 8px 0;vertical-align:top}
th.n,td.n{text-align:right}tr.best td{font-weight:600}
th:last-child,td:last-child{padding-right:0}
td:first-child{min-width:8.5em}td small{color:var(--soft);display:block}
code,pre{font:14.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace}
code{background:var(--wash);padding:2px 6px;border-radius:4px}pre{background:var(--wash);border-radius:8px;padding:12px 16px;overflow-x:auto;margin:0 0 6px}\
pre code{padding:0;background:none}
.next{list-style:none;padding:0;margin:14px 0}.next li{margin:0 0 20px;max-width:none}.next p{color:var(--soft);margin:0}
.bars{list-style:none;padding:0;margin:14px 0 26px}.bars li{display:grid;grid-template-columns:minmax(130px,240px) 1fr;gap:14px;align-items:center;\
font-size:15px;max-width:760px;padding:4px 0}
.bars i{display:inline-block;height:13px;background:var(--blue);border-radius:2px;min-width:2px;margin-right:10px;vertical-align:-1px}
dl{display:grid;grid-template-columns:minmax(120px,220px) 1fr;gap:4px 18px;font-size:15px;margin:14px 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
details{margin:16px 0}summary{cursor:pointer;font-weight:600}
footer{color:var(--soft);font-size:14px;padding-top:30px;padding-bottom:60px}
@media (max-width:640px){body{font-size:16px}header{padding-top:36px}header,main,footer{padding-left:18px;padding-right:18px}nav ol{padding:11px 18px}\
.lead{font-size:18px}h2{font-size:24px}main section:first-child{border-top:0;margin-top:0}
section{padding-top:34px}.tiles{grid-template-columns:1fr 1fr;gap:0 18px}.tiles b{font-size:30px}.bars li,dl{grid-template-columns:1fr}.bars li{gap:0}\
dd{margin-bottom:8px}.wide figcaption::before{content:"Scrolls sideways. "}.figure .scroll{border-radius:0;border-left:0;border-right:0;margin:0 -18px}}
@media print{:root{--sheet:#fff;\
--paper:#fff;--ink:#000;--soft:#444;--line:#ccc;--wash:#f4f4f4;--blue:#1f6fb5;--orange:#b6540a}nav,.skip{display:none}body{font-size:11pt}\
section{break-inside:auto;margin-top:14px;padding-top:20px}.figure,tr,.note{break-inside:avoid}.sheet{min-width:0!important}h2,h3{break-after:avoid}\
.scroll{overflow:visible}}
`
