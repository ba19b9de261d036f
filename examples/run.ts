// Runs every example, one after the other, in a process of its own; ends with 1 if one failed. npm run examples
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { imageAt, take } from 'kindred/dataset'
import { loadMnist } from 'kindred/digits'
import { encodePng } from 'kindred/images'

/** A folder per class, of 300 digits, for the example that wants one. */
async function digitsFolder(): Promise<string> {
  const digits = take(await loadMnist(), 300, { seed: 0 })
  for (let i = 0; i < digits.count; i++) {
    const folder = `runs/example-pictures/${digits.classes[digits.labels[i]]}`
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${folder}/${i}.png`, encodePng(imageAt(digits, i), { width: 28, height: 28, channels: 1 }))
  }
  return 'runs/example-pictures'
}

const first = ['train.ts'] // others load its model
const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && name !== 'run.ts')
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...first, ...names.filter((name) => !first.includes(name))]
let failed = 0
for (const name of wanted) {
  console.log(`\n${name}`)
  const data = name === 'folder.ts' ? [await digitsFolder()] : []
  const { status } = spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), `${import.meta.dirname}/${name}`, ...data], {
    stdio: 'inherit',
  })
  if (status !== 0) failed++
}
process.exitCode = failed > 0 ? 1 : 0
