/**
 * @file A process of its own for the gallery's tests: `gallery-child.ts PLACE count`, or `PLACE add FIRST COUNT BATCH`, which prints a line for each batch
 * that is safe, or `PLACE fill FIRST COUNT BATCH`: the same with items of some ten kilobytes. Ends without closing the gallery, as a process that is stopped
 * would.
 */
import { openGallery } from '../src/gallery/index.ts'
import { largeItem, numberedItem, recipe } from './gallery-items.ts'

const [place, what, first, count, batch] = process.argv.slice(2)
try {
  const gallery = await openGallery(place, what === 'add' ? { recipe } : {})
  if (what === 'count') console.log(await gallery.count())
  else {
    const items = function* () {
      for (let i = Number(first); i < Number(first) + Number(count); i++) yield what === 'fill' ? largeItem(i) : numberedItem(i)
    }
    process.stdout.write('open\n')
    await gallery.add(items(), {
      batch: Number(batch),
      acknowledge: ({ added, skipped }) => process.stdout.write(`${Number(first) + added + skipped}\n`),
    })
    process.stdout.write('end\n')
  }
  process.exit(0)
} catch (error) {
  console.error((error as Error).message)
  process.exit(1)
}
