/**
 * @file The pictures of README, by one command: `npx tsx scripts/pictures.ts [DIGITS]`.
 *
 * Those of faces are made from the sample photos, which come with a package whose licence allows it. Those of digits are cut from the figures of a finished
 * run of `kindred digits`, whose folder is named (`runs/digits`); without one they are left as they are.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { writeFileAtomic } from '../src/files/index.ts'
import { groupFaces, samplePhotos, searchFaces, searchStrip } from '../src/people/index.ts'
import { toPng } from '../src/plots/index.ts'
import { nodeRuntime } from '../src/runtime/index.ts'
import { faces } from '../src/stories/index.ts'
import { writePeople } from '../test/support/face-people.ts'

const docs = resolve(import.meta.dirname, '../docs')

/** Writes a picture on white paper, with few colours. */
async function save(name: string, png: Uint8Array, width: number, height?: number): Promise<void> {
  const white = '#ffffff'
  const fitted = sharp(png).resize({ width, height, fit: 'contain', background: white }).flatten({ background: white })
  writeFileAtomic(join(docs, name), await fitted.png({ palette: true, colours: 128, effort: 10 }).toBuffer())
  console.log(`docs/${name}`)
}
const small = (name: string, png: Uint8Array) => save(`pictures/${name}.png`, png, 480, 360)

const [digits] = process.argv.slice(2)
const home = mkdtempSync(join(tmpdir(), 'kindred-pictures-'))
try {
  const runtime = await nodeRuntime()
  const photos = samplePhotos()
  const out = join(home, 'faces')
  await faces(photos, { out, runtime })
  await save('pictures/faces-map.png', readFileSync(join(out, 'map.png')), 1000)
  const found = await searchFaces(out, join(photos, 'sample1.jpg'), { k: 4, queryFaces: 'largest', runtime })
  await small('identify', await toPng(await searchStrip(found)))
  const people = join(home, 'people')
  await writePeople(people, { flat: true }) // five of them, four renderings each
  const groups = join(home, 'groups')
  await groupFaces(people, { out: groups, faces: 'largest', runtime })
  await small('cluster', readFileSync(join(groups, 'groups.png')))
} finally {
  rmSync(home, { recursive: true, force: true })
}
if (digits !== undefined) {
  const figure = async (name: string) => toPng(readFileSync(join(digits, 'figures', `${name}.svg`), 'utf8'))
  for (const [picture, name] of Object.entries({ classify: 'confusion', reject: 'rejectionHistogram', retrieve: 'neighbours', look: 'mapImages' }))
    if (existsSync(join(digits, 'figures', `${name}.svg`))) await small(picture, await figure(name))
    else console.error(`${name}.svg is not in ${join(digits, 'figures')}: ${picture}.png is left as it is.`)
  await save('digits-map.png', await figure('map'), 2000)
}
