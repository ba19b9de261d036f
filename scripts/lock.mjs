// Brings package-lock.json up to date with package.json, for every platform, and takes out what would have npm run install scripts: none is needed, and
// that of onnxruntime-node would fetch CUDA libraries. See docs/decisions/0016-install-anywhere.md.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

execFileSync('npm', ['install', '--package-lock-only'], { stdio: 'inherit' })
writeFileSync('package-lock.json', readFileSync('package-lock.json', 'utf8').replace(/^ *"hasInstallScript": true,\n/gm, ''))
