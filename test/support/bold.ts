/** @file Digits as a thick pen draws them: of another source than those a promise is made with, whatever the network. */
import { largest, smallest } from '../../src/base/index.ts'

/** Each pixel the greatest of the 5 x 5 around it, as far as the digit's own box goes. @param images [n x 28 x 28] bytes */
export function bold(images: Uint8Array): Uint8Array {
  const out = new Uint8Array(images.length)
  for (let at = 0; at < images.length; at += 784) {
    const inked = [...Array(784).keys()].filter((i) => images[at + i] >= 32)
    const [xs, ys] = [inked.map((i) => i % 28), inked.map((i) => Math.floor(i / 28))]
    for (let y = smallest(ys); y <= largest(ys); y++)
      for (let x = smallest(xs); x <= largest(xs); x++)
        for (let v = Math.max(0, y - 2); v <= Math.min(27, y + 2); v++)
          for (let u = Math.max(0, x - 2); u <= Math.min(27, x + 2); u++)
            out[at + y * 28 + x] = Math.max(out[at + y * 28 + x], images[at + v * 28 + u])
  }
  return out
}
