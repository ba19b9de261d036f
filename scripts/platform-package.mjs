// Cuts a package for one platform from the installed onnxruntime-node: that platform's libraries, the JavaScript around them, the licence; no install script,
// nothing that fetches. It is ready to be published beside kindred, which loads it like onnxruntime-node. See docs/decisions/0016-install-anywhere.md.
//   npm run platform-package -- [PLATFORM-ARCH] [FOLDER]   writes FOLDER/kindred-onnxruntime-PLATFORM-ARCH-VERSION.tgz and prints its path
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [target = `${process.platform}-${process.arch}`, folder = '.'] = process.argv.slice(2)
const [platform, arch] = target.split('-')
const source = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
const libraries = join(source, 'bin/napi-v6', platform, arch)
if (!existsSync(libraries)) {
  const all = readdirSync(join(source, 'bin/napi-v6')).flatMap((p) => readdirSync(join(source, 'bin/napi-v6', p)).map((a) => `${p}-${a}`))
  console.error(`platform-package: the platform must be one of ${all.join(', ')}, got ${target}`)
  process.exit(2)
}
const { version, dependencies, repository } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const stage = mkdtempSync(join(tmpdir(), 'kindred-platform-'))
try {
  mkdirSync(join(stage, 'dist'))
  for (const name of readdirSync(join(source, 'dist')))
    if (/\.(js|d\.ts)$/.test(name)) copyFileSync(join(source, 'dist', name), join(stage, 'dist', name))
  cpSync(libraries, join(stage, 'bin/napi-v6', platform, arch), { recursive: true })
  copyFileSync(fileURLToPath(new URL('onnxruntime-licence.txt', import.meta.url)), join(stage, 'LICENSE'))
  writeFileSync(
    join(stage, 'README.md'),
    `The part of the npm package onnxruntime-node ${version} that runs on ${target}, its files unchanged. MIT licence, Microsoft Corporation.\n` +
      `Notices of what it is made from: https://github.com/microsoft/onnxruntime/blob/v${version}/ThirdPartyNotices.txt\n`,
  )
  const manifest = {
    name: `kindred-onnxruntime-${target}`,
    version,
    description: `ONNX Runtime's Node binding for ${target} alone`,
    license: 'MIT',
    repository,
    main: 'dist/index.js',
    types: 'dist/index.d.ts',
    os: [platform],
    cpu: [arch],
    libc: platform === 'linux' ? ['glibc'] : undefined,
    dependencies: { 'onnxruntime-common': dependencies['onnxruntime-common'] },
  }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const to = resolve(folder)
  mkdirSync(to, { recursive: true })
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', to, '--loglevel=error'], { cwd: stage, encoding: 'utf8' }),
  )
  console.log(join(to, filename))
} finally {
  rmSync(stage, { recursive: true })
}
