/**
 * @file A drawn triplet: before and after a training step, anchor, positive and negative in the plane.
 */
import { tone } from '../../plots/index.ts'

/** The diagram as an SVG document of 760 x 300 pixels. */
export function tripletDiagram(): string {
  const { blue, orange, ink, soft, paper, grid } = tone
  const dot = (x: number, y: number, colour: string, name: string, dx: number, dy: number, anchor = 'start') =>
    `<circle cx="${x}" cy="${y}" r="11" fill="${colour}"/><text x="${x + dx}" y="${y + dy}" font-size="14" font-weight="600" fill="${colour}" ` +
    `text-anchor="${anchor}" stroke="${paper}" stroke-width="4" paint-order="stroke">${name}</text>`
  const arrow = (x1: number, y1: number, x2: number, y2: number, colour: string) => {
    const [dx, dy] = [x2 - x1, y2 - y1]
    const size = Math.hypot(dx, dy)
    const [ux, uy] = [dx / size, dy / size]
    const tip =
      `M${x2} ${y2}L${(x2 - 10 * ux + 5 * uy).toFixed(1)} ${(y2 - 10 * uy - 5 * ux).toFixed(1)}L${(x2 - 10 * ux - 5 * uy).toFixed(1)} ` +
      `${(y2 - 10 * uy + 5 * ux).toFixed(1)}Z`
    return (
      `<path d="M${x1} ${y1}L${(x2 - 8 * ux).toFixed(1)} ${(y2 - 8 * uy).toFixed(1)}" stroke="${colour}" stroke-width="3" fill="none"/><path ` +
      `d="${tip}" fill="${colour}"/>`
    )
  }
  const ring = (x: number, y: number, r: number, dash: string, colour: string) =>
    `<circle cx="${x}" cy="${y}" r="${r}" fill="none" stroke="${colour}" stroke-width="1.4" stroke-dasharray="${dash}"/>`
  const distance = (x1: number, y1: number, x2: number, y2: number, name: string, tx: number, ty: number) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${soft}" stroke-width="1.2"/><text x="${tx}" y="${ty}" font-size="13" fill="${soft}" ` +
    `text-anchor="middle" stroke="${paper}" stroke-width="4" paint-order="stroke">${name}</text>`
  const before =
    `<text x="24" y="34" font-size="15" font-weight="600" fill="${ink}">Before: the negative is too near, loss above 0</text>` +
    distance(170, 170, 292, 214, 'd(a, p)', 240, 184) +
    distance(170, 170, 118, 108, 'd(a, n)', 128, 154) +
    arrow(282, 210, 232, 192, blue) +
    arrow(112, 100, 80, 62, orange) +
    dot(170, 170, ink, 'anchor', 0, 32, 'middle') +
    dot(292, 214, blue, 'positive', 0, 31, 'middle') +
    dot(118, 108, orange, 'negative', 20, -2)
  const after =
    `<text x="404" y="34" font-size="15" font-weight="600" fill="${ink}">After: farther by more than the margin, loss 0</text>` +
    ring(570, 170, 62, '0', blue) +
    ring(570, 170, 104, '5 5', soft) +
    `<line x1="632" y1="170" x2="674" y2="170" stroke="${ink}" stroke-width="2.4"/><text x="653" y="161" font-size="13" font-weight="600" fill="${ink}" ` +
    `text-anchor="middle" stroke="${paper}" stroke-width="4" paint-order="stroke">margin</text>` +
    distance(570, 170, 606, 220, 'd(a, p)', 612, 196) +
    distance(570, 170, 464, 92, 'd(a, n)', 512, 122) +
    dot(570, 170, ink, 'anchor', -18, 5, 'end') +
    dot(606, 220, blue, 'positive', 16, 9) +
    dot(464, 92, orange, 'negative', 0, -18, 'middle')
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="300" viewBox="0 0 760 300" role="img" aria-label="A triplet before and after training: ` +
    `the positive moves to the anchor, the negative away from it until it is farther by the margin" ` +
    `font-family="Inter, 'Helvetica Neue', Arial, sans-serif"><rect width="760" height="300" fill="${paper}"/>${before}<line x1="380" y1="20" x2="380" ` +
    `y2="280" stroke="${grid}"/>${after}</svg>`
  )
}
