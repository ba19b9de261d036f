// Decodes pictures, so many at a time, and prints the peak of resident memory: decode-child.ts LANES PATH...
import { decodeImage } from '../../src/images/index.ts'

const [lanes, ...paths] = process.argv.slice(2)
await import('sharp')
const peak = (): number => process.resourceUsage().maxRSS / 1024
const before = peak()
const said: string[] = []
let next = 0
await Promise.all(
  Array.from({ length: Number(lanes) }, async () => {
    while (next < paths.length) {
      const i = next++
      said[i] = await decodeImage(paths[i]).then(
        (image) => `${image.width} x ${image.height}`,
        (error: Error) => error.message,
      )
    }
  }),
)
console.log(JSON.stringify({ before, peak: peak(), said }))
