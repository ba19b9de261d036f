/** @file Readers of places and words: galleries and their locks, downloads under way, addresses with passwords, numbers on the command line. */
import { createServer, type Server } from 'node:http'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { redact } from '../../../src/base/index.ts'
import { run } from '../../../src/cli/run.ts'
import { download } from '../../../src/files/index.ts'
import { sha256 } from '../../../src/base/index.ts'
import { parsePlace } from '../../../src/gallery/address.ts'
import { ourselves, recordText } from '../../../src/files/holder.ts'
import { lockFolder } from '../../../src/files/lock.ts'
import { openGallery } from '../../../src/gallery/index.ts'
import { json, must, once, part, text, type Files, type Reader } from './reader.ts'

const galleryReader: Reader = {
  name: 'gallery-state',
  refusesSeeds: true,
  weight: 0.6,
  seeds: () => [{ 'gallery.json': json({ kindred: 'gallery', format: 1, state: 'ready' }), 'pg/PG_VERSION': text('17\n') }],
  mutable: /^gallery/,
  called: ['gallery.json', 'case'],
  codes: ['usage', 'not-found'],
  async read(input) {
    // the database's files are missing: nothing may be opened, and nothing made in its place
    const gallery = await openGallery(input.folder, { create: false })
    await gallery.close()
    must(/"creating"/.test(new TextDecoder().decode(input.bytes('gallery.json'))), 'a gallery without its database is opened')
  },
}

const lockReader: Reader = {
  name: 'gallery-lock',
  weight: 0.8,
  // of a process that has ended: on this system, and on another
  seeds: () =>
    ['', 'another '].map((before) => ({
      'lock/0123456789abcdef.json': text(
        recordText({ ...ourselves(tmpdir()), kernel: `${before}${ourselves(tmpdir()).kernel}`, pid: 2 ** 22 - 1, socket: false }),
      ),
    })),
  called: ['lock', 'case'],
  async read(input) {
    const lock = await lockFolder(input.folder, 'gallery', { waits: { beat: 10, silence: 0, watch: 2 } })
    const records = readdirSync(join(input.folder, 'lock')).filter((name) => name.endsWith('.json'))
    must(records.length === 1 && records[0] !== '0123456789abcdef.json', 'held by somebody else')
    const own = JSON.parse(readFileSync(join(input.folder, 'lock', records[0]), 'utf8').split('\n')[0]) as { pid: number }
    must(own.pid === process.pid, 'held by somebody else')
    lock.check()
    lock.release()
    must(!existsSync(join(input.folder, 'lock')), 'not given back')
  },
}

const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * 131) % 256)

/** A server of one file, which answers ranges. */
const served = once(async (): Promise<string> => {
  const server: Server = createServer((request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN)
    if (!Number.isFinite(from)) return void response.writeHead(200, { 'content-length': content.length }).end(content)
    if (from >= content.length) return void response.writeHead(416).end()
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}`, 'content-length': content.length - from })
      .end(content.subarray(from))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.bin`
})

const resumeReader: Reader = {
  name: 'download-part',
  weight: 0.6,
  seeds: (): Files[] => [{ 'file.bin.part': part('bytes', content.slice(0, 3000)) }, { 'file.bin': part('bytes', content) }],
  called: ['file.bin'],
  codes: ['io'],
  async read(input) {
    await download([{ name: 'file.bin', urls: [await served()], sha256: sha256(content) }], input.folder, { tries: 2, backoff: 1 })
    must(Buffer.from(content).equals(readFileSync(join(input.folder, 'file.bin'))), 'another file than its checksum stands for')
  },
}

const pinReader: Reader = {
  name: 'download-pin',
  weight: 0.6,
  seeds: () => [{ 'file.bin': part('bytes', content), 'file.bin.sha256': text(`${sha256(content)}\n`) }],
  called: ['file.bin'],
  codes: ['io'],
  async read(input) {
    const [path] = await download([{ name: 'file.bin', urls: [await served()], pin: true }], input.folder, { tries: 2, backoff: 1 })
    must(sha256(readFileSync(path)) === readFileSync(`${path}.sha256`, 'utf8').trim(), 'another file than its pin stands for')
  },
}

const password = 'S3cr3tWord'
const addresses = [
  `postgres://anna:${password}@127.0.0.1:9/db`,
  `postgres://127.0.0.1:9/db?user=anna&password=${password}`,
  `postgresql://anna:${password}%40x@[::1]:9/db?sslmode=disable`,
  `error: connect postgres://anna:${password}@h failed; host=h password=${password} user=anna`,
  `postgres://a%2Fb:${password}@h/db?application_name=x&sslpassword=${password}`,
]

const redactReader: Reader = {
  name: 'address',
  weight: 0.8,
  seeds: () => addresses.map((a) => ({ 'address.txt': text(a) })),
  codes: ['usage'],
  called: ['gallery'],
  read(input) {
    const address = new TextDecoder().decode(input.bytes())
    const shown = redact(address)
    must(redact(shown) === shown, 'redacting twice changes the text')
    const secrets = secretsOf(address)
    const occurrences = (text: string): number => text.split(password).length - 1
    // a mutation may have put the word where nothing says that it is secret
    if (occurrences(secrets.join(' ')) >= occurrences(address)) must(!shown.includes(password), `${shown} shows the password`)
    try {
      const place = parsePlace(address)
      if (place.kind === 'server' && occurrences(secrets.join(' ')) >= occurrences(address))
        must(!place.name.includes(password), `${place.name} shows the password`)
    } catch (error) {
      if (occurrences(secrets.join(' ')) > 0) must(!String(error).includes(password), `${String(error)} shows the password`)
      throw error
    }
  },
}

/** What an address says is secret; nothing where it is no address any more. */
function secretsOf(address: string): string[] {
  if (!/^postgres(ql)?:\/\/[^\s'"<>]*$/.test(address)) return []
  try {
    const parsed = new URL(address)
    return [parsed.password, ...['password', 'sslpassword'].flatMap((key) => parsed.searchParams.getAll(key))]
  } catch {
    return []
  }
}

/** Options of numbers and names, with commands whose input is missing: nothing is ever begun. */
const commands: readonly (readonly string[])[] = [
  ['map', 'missing.npy', '--perplexity', '5', '--iterations', '10', '--seed', '3', '--method', 'tsne'],
  [
    'train',
    'mnist',
    '--data',
    'missing',
    '--epochs',
    '2',
    '--steps',
    '3',
    '--dim',
    '4',
    '--margin',
    '0.4',
    '--images',
    '100',
    '--validation',
    '50',
    '--patience',
    '2',
    '--seed',
    '1',
    '--out',
    'out',
  ],
  ['classify', 'missing.onnx', 'x.png', '--threads', '1', '--json'],
  ['search', 'missing', 'x.png', '--k', '5', '--threshold', '0.5'],
  ['verify', 'missing-a.jpg', 'missing-b.jpg', '--threshold', '0.5'],
  ['group', 'missing', '--radius', '0.5', '--reach', '0.6', '--min-points', '3'],
  ['faces', 'missing', '--min-score', '0.5', '--min-size', '20', '--detector', 'haar', '--out', 'out'],
  ['embed', 'missing.onnx', 'x.png', '--out', 'v.csv', '--limit', 'imagePixels=300M', '--limit', 'nesting=5'],
]

const wordsReader: Reader = {
  name: 'words',
  seeds: () => commands.map((words) => ({ 'words.txt': text(words.join('\n')) })),
  async read(input) {
    const seed = new TextDecoder().decode(input.seed['words.txt'].bytes).split('\n')
    // only values of options are taken from the mutated text: a path or a command that comes about by chance could do anything
    const mutated = new TextDecoder().decode(input.bytes()).split('\n')
    const words = seed.map((word, i) =>
      i > 1 && seed[i - 1].startsWith('--') && !['--out', '--data'].includes(seed[i - 1]) && !word.startsWith('-')
        ? (mutated[i] ?? word)
        : word.startsWith('missing') || ['out', 'v.csv'].includes(word)
          ? join(input.folder, word)
          : word,
    )
    let [out, err] = ['', '']
    const code = await run(
      words,
      { out: { write: (t) => (out += t) }, err: { write: (t: string) => (err += t) } as never },
      { debug: false },
    )
    must([0, 1, 2].includes(code), `exit code ${code}`)
    if (/unexpected/.test(err)) throw new Error(`the command line says ${err}`)
    must(code !== 0, `a command without its input ends with 0: ${out}`)
    for (const [i, word] of words.entries())
      if (code === 1 && i > 1 && /^\d/.test(seed[i]) && seed[i - 1].startsWith('--'))
        must(word.trim() !== '' && Number.isFinite(Number(word)), `${seed[i - 1]} takes ${JSON.stringify(word)} for a number`)
  },
}

export const placeReaders: readonly Reader[] = [galleryReader, lockReader, resumeReader, pinReader, redactReader, wordsReader]
