// No line has more than 160 characters. Files that had longer ones when this check came may keep as many, and no more: scripts/lines.json counts them.
//   node scripts/lines.mjs [FOLDER]   checks
//   node scripts/lines.mjs --write    after splitting some
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const most = 160
const write = process.argv.includes('--write')
const root = process.argv.slice(2).find((word) => !word.startsWith('--')) ?? fileURLToPath(new URL('..', import.meta.url))
const list = join(root, 'scripts', 'lines.json')
const allowed = existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : {}
const found = {}
const where = {}
for (const folder of ['bench', 'examples', 'scripts', 'src', 'test']) {
  if (!existsSync(join(root, folder))) continue
  for (const name of readdirSync(join(root, folder), { recursive: true }).map(String).sort()) {
    if (!/\.(ts|mjs)$/.test(name)) continue
    const file = `${folder}/${name.replaceAll('\\', '/')}`
    const long = readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => (line.length > most ? [i + 1] : []))
    if (long.length === 0) continue
    found[file] = long.length
    where[file] = long
  }
}
if (write) writeFileSync(list, `${JSON.stringify(found, null, 2)}\n`)
else {
  const over = Object.keys(found).filter((file) => found[file] > (allowed[file] ?? 0))
  for (const file of over)
    console.error(
      `${file}: ${found[file]} lines over ${most} characters, ${allowed[file] ?? 0} allowed; lines ${where[file].join(', ')}. Split them.`,
    )
  if (over.length > 0) process.exitCode = 1
}
