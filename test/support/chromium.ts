/** @file A page in Chromium that can reach this machine alone, and what it asked for. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

/** Where Chromium is, if it is installed. */
export const chromiumPath: string | undefined = ['chromium', 'chromium-browser', 'google-chrome']
  .flatMap((name) => ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => join(folder, name)))
  .find(existsSync)

// Chromium itself asks Google for updates and accounts whatever the switches say; without names and proxies it reaches nobody.
const alone = ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--no-proxy-server']
/** Pages may have threads. */
const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** What a visit left behind. */
export interface Visit<T> {
  readonly result: T
  /** The addresses that the page asked for. */
  readonly requests: readonly string[]
  /** The hosts that Chromium looked up, `~notfound` for all but this machine. */
  readonly hosts: readonly string[]
}

/** A file that the server hands out. */
export interface Served {
  readonly type: string
  readonly content: string | Uint8Array
}

/**
 * Opens a page that loads `/page.js` from a server on the loopback address, calls its `globalThis.run()` and closes everything.
 *
 * @param files by path; `/page.js` must be among them
 */
export async function visit<T>(files: Readonly<Record<string, Served>>): Promise<Visit<T>> {
  const folder = mkdtempSync(join(tmpdir(), 'kindred-chromium-'))
  const log = join(folder, 'net.json')
  const all: Record<string, Served> = {
    '/': { type: 'text/html', content: '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>' },
    ...files,
  }
  const server = createServer(({ url = '' }, response) => {
    const served = all[url]
    response.writeHead(served === undefined ? 404 : 200, { 'content-type': served?.type ?? 'text/plain', ...isolated }).end(served?.content)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      headless: true,
      args: [...quiet, ...alone, `--log-net-log=${log}`],
    })
    const requests: string[] = []
    let result: T
    try {
      const page = await browser.newPage()
      const trouble: string[] = []
      page.on('request', (request) => requests.push(request.url()))
      page.on('pageerror', (error) => trouble.push(String(error)))
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
      if (trouble.length > 0) throw new Error(trouble.join('\n'))
      result = (await page.evaluate('run()')) as T
    } finally {
      await browser.close()
    }
    const { events } = JSON.parse(readFileSync(log, 'utf8')) as { events: { params?: { host?: string } }[] }
    const hosts = events.flatMap(({ params }) => (params?.host?.includes('://') ? [new URL(params.host).hostname || params.host] : []))
    return { result, requests, hosts: [...new Set(hosts)] }
  } finally {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
