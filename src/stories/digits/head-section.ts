/** @file The report's chapter on the softmax head: confusion and calibration. */
import { chapter, figure, figureText, html, pct, type Chapter } from '../../report/index.ts'
import type { DigitsReport, Figures } from './digits-report.ts'

/** The softmax head with confusion and calibration. */
export function head(r: DigitsReport, figures: Figures): Chapter {
  const h = r.head
  return chapter(
    'head',
    'Classifier',
    h === undefined
      ? 'A classifier on top of the frozen embedding'
      : `A linear head on the frozen embedding is right ${pct(h.accuracy)} of the time`,
    html`<p>The embedding does not name digits; a <strong>softmax head</strong> does. It is one linear layer that turns the ${r.embedding.dim} numbers into \
ten probabilities. The network below it is frozen: only the head learned here, so its accuracy tells how well the classes can be parted by straight cuts.</p>
${figure(
  figures.confusion,
  'confusion',
  'Rows: what the image shows. Columns: what the head said. The more of its row a mistake takes, the stronger its colour.',
)}
${figures.errors !== undefined && figure(figures.errors, 'errors', 'Digits that the head misread. Some would puzzle a person too.')}
<h3 id="calibration"><a href="#calibration">Does it know how sure it may be?</a></h3>
<p>A head is calibrated when, of all images it is 90 % sure about, 9 in 10 are right. The expected calibration error (ECE) is the mean \
gap${h === undefined ? '' : `, here ${pct(h.ece, 2)}`}.${
      h?.temperature === undefined ? '' : ` ${temperatureWords(h.temperature)}`
    } It holds for digits only: about images of other things a calibrated head can still be confidently wrong.</p>
${figure(figures.reliability, 'reliability', 'Accuracy against confidence. Bars below the diagonal: too sure; above: too modest.')}`,
  )
}

/** What dividing the logits by a temperature did; by half a percent and less, nothing to speak of. */
function temperatureWords(temperature: number): string {
  const fitted = `a temperature of ${figureText(temperature)}, fitted on validation images`
  if (Math.abs(temperature - 1) <= 0.005) return `Its answers were left as sure as they were: ${fitted}, changes nothing to speak of.`
  return temperature < 1
    ? `Its answers were made a little surer, by ${fitted}: below 1 it sharpens.`
    : `Its answers were made less sure, by ${fitted}: above 1 it softens.`
}
