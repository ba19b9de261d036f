/** @file The running median of a plane, by a histogram that slides along each row. */

const bins = 256

/**
 * The median over a square window of 2 radius + 1 pixels, cut at the edges; to a 256th of the range of the values.
 *
 * cost: O(pixels * radius)
 * source: Huang, Yang, Tang, "A fast two-dimensional median filtering algorithm", 1979
 */
export function medianFiltered(values: Float32Array, height: number, width: number, radius: number): Float32Array {
  let low = Infinity
  let high = -Infinity
  for (const v of values) {
    if (v < low) low = v
    if (v > high) high = v
  }
  if (!(high > low)) return Float32Array.from(values)
  const scale = (bins - 1) / (high - low)
  const levels = Uint8Array.from(values, (v) => Math.round((v - low) * scale))
  const out = new Float32Array(values.length)
  const counts = new Int32Array(bins)
  for (let y = 0; y < height; y++) {
    const [y0, y1] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)]
    counts.fill(0)
    let [total, median, under] = [0, 0, 0] // `under` counts what lies below `median`
    const change = (x: number, by: number): void => {
      for (let j = y0; j < y1; j++) {
        const level = levels[j * width + x]
        counts[level] += by
        if (level < median) under += by
      }
      total += by * (y1 - y0)
    }
    for (let x = 0; x < Math.min(radius, width); x++) change(x, 1)
    for (let x = 0; x < width; x++) {
      if (x + radius < width) change(x + radius, 1)
      if (x - radius > 0) change(x - radius - 1, -1)
      const half = total / 2
      while (under > half) under -= counts[--median]
      while (under + counts[median] <= half) under += counts[median++]
      out[y * width + x] = low + median / scale
    }
  }
  return out
}
