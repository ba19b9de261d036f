import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silent } from '../base/index.ts'
import { download } from './index.ts'
import { mnistFiles } from '../digits/index.ts'

const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 2654435761) >>> 13))
const sha256 = createHash('sha256').update(content).digest('hex')
const md5 = createHash('md5').update(content).digest('hex')

let folder: string
let server: Server
let base: string
let seen: { url: string; range: string | undefined }[]
let answer: (request: IncomingMessage, response: ServerResponse, call: number) => void

/** A server that honours Range. */
const whole = (request: IncomingMessage, response: ServerResponse): void => {
  const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  if (from >= content.length) response.writeHead(416).end()
  else if (from > 0)
    response
      .writeHead(206, { 'content-length': content.length - from, 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` })
      .end(content.subarray(from))
  else response.writeHead(200, { 'content-length': content.length }).end(content)
}
/** Sends `n` bytes, then breaks the connection. */
const cutAfter = (n: number, response: ServerResponse): void => {
  response.writeHead(200, { 'content-length': content.length })
  response.write(content.subarray(0, n), () => setTimeout(() => response.destroy(), 30))
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-download-'))
  seen = []
  answer = whole
  server = createServer((request, response) => {
    seen.push({ url: request.url!, range: request.headers.range })
    answer(request, response, seen.length)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  rmSync(folder, { recursive: true, force: true })
})

const file = (more: object = {}) => ({ name: 'f.bin', urls: [`${base}/f.bin`], sha256, size: content.length, ...more })
const fast = { backoff: 5, tries: 3 }

describe('download', () => {
  it('fetches, verifies and does not fetch again', async () => {
    const [path] = await download([file()], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
    await download([file({ sha256: undefined, md5 })], folder, fast)
    expect(seen).toHaveLength(1)
    expect(existsSync(`${path}.part`)).toBe(false)
  })

  it('goes on where the connection was cut', async () => {
    answer = (request, response, call) => (call === 1 ? cutAfter(70_000, response) : whole(request, response))
    const [path] = await download([file({ size: undefined })], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(seen.map((s) => s.range)).toEqual([undefined, 'bytes=70000-'])
  })

  it('keeps the part file when all tries fail, and resumes it in the next call', async () => {
    answer = (_, response, call) => (call === 1 ? cutAfter(50_000, response) : void response.writeHead(503).end())
    await expect(download([file()], folder, fast)).rejects.toThrow(
      expect.objectContaining({ code: 'io', message: expect.stringContaining('HTTP 503') }),
    )
    expect(readFileSync(join(folder, 'f.bin.part')).length).toBe(50_000)
    expect(existsSync(join(folder, 'f.bin'))).toBe(false)
    answer = whole
    seen = []
    await download([file()], folder, fast)
    expect(seen.map((s) => s.range)).toEqual(['bytes=50000-'])
  })

  it('starts again when a server ignores Range', async () => {
    writeFileSync(join(folder, 'f.bin.part'), content.subarray(0, 1000))
    answer = (_, response) => void response.writeHead(200, { 'content-length': content.length }).end(content)
    const [path] = await download([file()], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(seen[0].range).toBe('bytes=1000-')
  })

  it('starts again when the part file was of something else, or too long', async () => {
    writeFileSync(join(folder, 'f.bin.part'), Buffer.alloc(1000, 9))
    const [path] = await download([file()], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
    expect(seen.map((s) => s.range)).toEqual(['bytes=1000-', undefined])
    rmSync(path)
    writeFileSync(join(folder, 'f.bin.part'), Buffer.alloc(300_000, 9))
    await download([file({ size: undefined })], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('names both checksums when they differ, and leaves nothing', async () => {
    const wrong = 'ab'.repeat(32)
    await expect(download([file({ sha256: wrong })], folder, fast)).rejects.toThrow(
      expect.objectContaining({
        code: 'corrupt',
        message: expect.stringMatching(new RegExp(`sha256 must be ${wrong}, got ${sha256} \\(200000 bytes\\)`)),
      }),
    )
    expect(seen).toHaveLength(1) // another try would bring the same bytes
    expect(existsSync(join(folder, 'f.bin.part')) || existsSync(join(folder, 'f.bin'))).toBe(false)
  })

  it('fetches a cached file again when its checksum fails', async () => {
    writeFileSync(join(folder, 'f.bin'), 'damaged')
    const [path] = await download([file()], folder, fast)
    expect(readFileSync(path).equals(content)).toBe(true)
  })

  it('does not try a 404 twice, but goes to the next mirror', async () => {
    answer = (request, response) => (request.url === '/gone' ? void response.writeHead(404).end() : whole(request, response))
    await download([file({ urls: [`${base}/gone`, `${base}/f.bin`] })], folder, fast)
    expect(seen.map((s) => s.url)).toEqual(['/gone', '/f.bin'])
    await expect(download([file({ name: 'g.bin', urls: [`${base}/gone`] })], folder, fast)).rejects.toThrow(/gone: HTTP 404 Not Found/)
    expect(seen).toHaveLength(3)
  })

  it('tells of a body shorter than it should be', async () => {
    answer = (_, response) => void response.writeHead(200).end(content.subarray(0, 100))
    await expect(download([file()], folder, { ...fast, tries: 1 })).rejects.toThrow('body must be 200000 bytes long, got 100')
  })

  it('gives up on a silent server', async () => {
    answer = () => {}
    await expect(download([file()], folder, { tries: 1, timeout: 80 })).rejects.toThrow('no byte for 80 ms (timeout)')
  })

  it('gives up on a server that is not there', async () => {
    const gone = file({ urls: ['http://127.0.0.1:9/f.bin'] })
    await expect(download([gone], folder, { tries: 2, backoff: 1 })).rejects.toThrow(/fetch failed.*try 2 of 2/)
  })

  it('stops on a signal and says how to go on', async () => {
    const stop = new AbortController()
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 60_000), () => setTimeout(() => stop.abort(), 50))
    }
    await expect(download([file()], folder, { ...fast, signal: stop.signal })).rejects.toThrow(
      expect.objectContaining({ code: 'interrupted' }),
    )
    expect(readFileSync(join(folder, 'f.bin.part')).length).toBe(60_000)
  })

  it('asks for a checksum and a plain name', async () => {
    await expect(download([file({ sha256: undefined })], folder)).rejects.toThrow('a checksum must be given')
    await expect(download([file({ name: '../x' })], folder)).rejects.toThrow('plain file name')
  })

  it('pins what no checksum is published for: believed once, held to from then on', async () => {
    const unknown = file({ sha256: undefined, pin: true })
    const warnings: string[] = []
    const [path] = await download([unknown], folder, { ...fast, progress: { ...silent, warn: (message) => warnings.push(message) } })
    expect(readFileSync(`${path}.sha256`, 'utf8')).toBe(`${sha256}\n`)
    expect(warnings).toEqual([expect.stringContaining(sha256)])
    await download([unknown], folder, fast)
    expect(seen).toHaveLength(1)
    rmSync(path)
    answer = (_, response) => response.writeHead(200, { 'content-length': content.length }).end(Buffer.alloc(content.length))
    await expect(download([unknown], folder, fast)).rejects.toThrow(`sha256 must be ${sha256}`)
    expect(existsSync(path)).toBe(false)
    writeFileSync(`${path}.sha256`, 'nonsense')
    await expect(download([unknown], folder, fast)).rejects.toThrow('must hold a SHA-256')
  })

  it("knows MNIST's files with two checksums each", () => {
    for (const f of Object.values(mnistFiles).flatMap((s) => [s.images, s.labels])) {
      expect(f.sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(f.md5).toMatch(/^[0-9a-f]{32}$/)
      expect(f.urls).toHaveLength(2)
    }
  })
})
