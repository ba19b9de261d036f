/** @file Which of several digits of a picture is meant, in words. */

/** Where a digit lies, pixels. */
interface Box {
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
}

/** ` (one of 3; 40 x 80 px at 12, 30)`, or nothing for a picture of one digit. */
export const placeInPicture = ({ digits, box }: { readonly digits: number; readonly box?: Box }): string =>
  digits < 2 || box === undefined ? '' : ` (one of ${digits}; ${box.x1 - box.x0} x ${box.y1 - box.y0} px at ${box.x0}, ${box.y0})`
