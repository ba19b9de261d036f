/** @file What readers of formats that sharp does not know give: pixels as they lie in the file, to which everything else is done as to those of sharp. */
import { KindredError } from '../base/index.ts'

/** A picture whose header is read and whose pixels are not yet. */
export interface OpenedPicture {
  readonly width: number
  readonly height: number
  /** 1 = grey, 3 = RGB, 4 = RGB and alpha (straight), a byte each. */
  readonly channels: 1 | 3 | 4
  /** Bytes a pixel that decoding needs beside its result. */
  readonly work: number
  /**
   * Decodes: [height x width x channels] bytes, and the ICC profile they are meant by, if there is one. Called once at most.
   *
   * @throws KindredError `corrupt`, `unsupported`
   */
  pixels(): { data: Uint8Array; profile?: Uint8Array } | Promise<{ data: Uint8Array; profile?: Uint8Array }>
  /** Lets go of what was opened. */
  close?(): void
}

const where = 'decode image'

/** The error for a file that is damaged. */
export const damaged = (name: string, expected: string, got: string): KindredError =>
  new KindredError(
    'corrupt',
    where,
    `${name} must be a whole image that can be decoded: ${expected}`,
    got,
    'Open it in a viewer, or leave it out.',
  )

/** The error for a variety of a format that is not read. */
export const notRead = (name: string, expected: string, got: string): KindredError =>
  new KindredError('unsupported', where, `${name}: ${expected}`, got, 'Save it as JPEG or PNG.')
