/**
 * @file SVG figures to PNG, with text on every machine.
 *
 * sharp draws SVG through librsvg, and librsvg takes its glyphs from fontconfig. On a machine without fonts (most container images) all text is
 * dropped without a word. The package therefore ships Inter (assets/fonts) and hands it to fontconfig before the first figure, by drawing one
 * letter with sharp's `text.fontfile`. Measured with sharp 0.35: TTF opens, WOFF does not; it works with an empty and with a missing
 * fontconfig file; it comes too late when the process has drawn other text with sharp before, since pango keeps its list of fonts.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkOptions, ensure, KindredError } from '../base/index.ts'

/** The shipped font files: the same place relative to src/plots and to dist/plots. */
export const fontFiles: readonly string[] = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'].map((name) =>
  fileURLToPath(new URL(`../../assets/fonts/${name}`, import.meta.url)),
)

/** The same fonts as WOFF2, for pages that carry them inside. */
export const webFontFiles: readonly string[] = fontFiles.map((path) => path.replace(/ttf$/, 'woff2'))

/** How large the PNG becomes. */
export interface PngOptions {
  /** Width in pixels; the height follows. Default: the SVG's own width times `scale`. */
  width?: number
  /** Pixels of PNG for each pixel of SVG. Default 2, for sharp screens. */
  scale?: number
}

let ready: Promise<typeof import('sharp').default> | undefined

/**
 * Draws an SVG figure as PNG on white.
 *
 * @param svg an SVG document, as every figure function returns
 * @returns the bytes of a PNG file; the same SVG gives the same bytes on the same machine
 * @throws KindredError `usage` for text that is no SVG or a size that is not positive; `not-found` when the shipped font is missing
 * Cost: a few tenths of a second for a figure of 1000 x 860 with 5,000 marks.
 */
export async function toPng(svg: string, options: PngOptions = {}): Promise<Uint8Array> {
  checkOptions('toPng', options, ['width', 'scale'])
  const own = /<svg\b[^>]*?\swidth="([\d.]+)"/.exec(svg)
  ensure(own !== null, 'toPng', 'svg must be an SVG document with a width', svg.slice(0, 40), 'Pass what a figure function returned.')
  const scale = options.width === undefined ? (options.scale ?? 2) : options.width / Number(own[1])
  ensure(
    Number.isFinite(scale) && scale > 0 && scale * Number(own[1]) <= 20_000,
    'toPng',
    'width and scale must be positive, and the picture at most 20,000 pixels wide',
    options.width ?? options.scale,
  )
  const sharp = await (ready ??= withFonts())
  const png = await sharp(new TextEncoder().encode(svg), {
    density: Math.min(100_000, Math.max(1, 72 * scale)),
    limitInputPixels: false,
    unlimited: true,
  })
    .resize({ width: Math.round(scale * Number(own[1])) })
    .flatten({ background: '#ffffff' })
    .png({ compressionLevel: 9 })
    .toBuffer()
  return new Uint8Array(png.buffer, png.byteOffset, png.byteLength)
}

async function withFonts(): Promise<typeof import('sharp').default> {
  for (const file of fontFiles) {
    if (!existsSync(file))
      throw new KindredError(
        'not-found',
        'toPng',
        `the font ${file} must be there`,
        'no such file',
        'Install the package again: it ships with the fonts that pictures need.',
      )
  }
  // Without any configuration fontconfig complains on stderr and goes on; an own empty one keeps it quiet.
  if (
    process.platform === 'linux' &&
    process.env.FONTCONFIG_FILE === undefined &&
    process.env.FONTCONFIG_PATH === undefined &&
    !existsSync('/etc/fonts/fonts.conf')
  ) {
    process.env.FONTCONFIG_FILE = fileURLToPath(new URL('../../assets/fonts/fonts.conf', import.meta.url))
  }
  const { default: sharp } = await import('sharp')
  for (const fontfile of fontFiles)
    await sharp({ text: { text: 'x', font: 'Inter', fontfile, dpi: 72 } })
      .raw()
      .toBuffer()
  return sharp
}
