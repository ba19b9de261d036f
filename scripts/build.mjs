// Builds dist/ (or the folder named): clean, compile with tsc alone, make the command executable, add the part of onnxruntime-web that Node needs.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const out = resolve(process.argv[2] ?? join(root, 'dist'))
rmSync(out, { recursive: true, force: true })
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', out], {
  cwd: root,
  stdio: 'inherit',
})
chmodSync(join(out, 'cli/main.js'), 0o755)

// ONNX Runtime as WebAssembly: 14 of the 139 MB of onnxruntime-web, so that kindred runs on every platform. See docs/decisions/0016-install-anywhere.md.
const web = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-web')))
const { version } = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8'))
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
if (dependencies['onnxruntime-common'] !== version)
  throw new Error(`onnxruntime-common in package.json must be ${version}, that of onnxruntime-web`)
const vendor = join(out, 'vendor/onnxruntime-web')
mkdirSync(vendor, { recursive: true })
for (const name of ['ort.node.min.mjs', 'ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'])
  copyFileSync(join(web, 'dist', name), join(vendor, name))
copyFileSync(join(root, 'scripts/onnxruntime-licence.txt'), join(vendor, 'LICENSE'))
writeFileSync(
  join(vendor, 'README.md'),
  `Three files of the npm package onnxruntime-web ${version}, unchanged: ONNX Runtime as WebAssembly, for Node.
Copyright Microsoft Corporation, MIT licence (LICENSE). ` +
    `Notices of what it is made from: https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt\n`,
)
