/** @file How many cells of a terminal a text takes. */

/** Letters that take two cells: East Asian wide and full-width ones, and pictures (Unicode's East Asian Width, in ranges). */
const wide = new RegExp(
  String.raw`[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f` +
    String.raw`\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}`,
  'u',
)
/** Marks that are drawn over the letter before them. */
const none = /^[\p{Mn}\p{Me}]$/u

const cellsOf = (char: string): number => (char < '\u0300' ? 1 : none.test(char) ? 0 : wide.test(char) ? 2 : 1)

/** Cells of a text without control characters. */
export function textWidth(text: string): number {
  let cells = 0
  for (const char of text) cells += cellsOf(char)
  return cells
}

/** The beginning of a text that fits into so many cells. */
export function fit(text: string, width: number): string {
  let [cells, end] = [0, 0]
  for (const char of text) {
    cells += cellsOf(char)
    if (cells > width) break
    end += char.length
  }
  return text.slice(0, end)
}
