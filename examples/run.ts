// Runs every example, one after the other, in a process of its own; ends with 1 if one failed. npm run examples
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

const first = ['train.ts'] // others load its model
const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.ts') && name !== 'run.ts')
const wanted = process.argv.length > 2 ? process.argv.slice(2) : [...first, ...names.filter((name) => !first.includes(name))]
let failed = 0
for (const name of wanted) {
  console.log(`\n${name}`)
  const { status } = spawnSync(process.execPath, ['--import', 'tsx', `${import.meta.dirname}/${name}`], { stdio: 'inherit' })
  if (status !== 0) failed++
}
process.exitCode = failed > 0 ? 1 : 0
