/** @file Where a gallery is: addresses with one meaning, folders, and what is neither; no error shows a secret. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { parse } from 'pg-connection-string'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { KindredError } from '../base/index.ts'
import { isAddress, parsePlace } from './address.ts'
import { openGallery } from './index.ts'

const home = mkdtempSync(join(tmpdir(), 'kindred-address-'))
const before = process.cwd()
beforeAll(() => process.chdir(home))
afterAll(() => {
  process.chdir(before)
  rmSync(home, { recursive: true, force: true })
})

const refused = async (place: string): Promise<KindredError> => {
  const error = await openGallery(place, { recipe: { model: 'a' } }).then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error, place).toBeInstanceOf(KindredError)
  return error as KindredError
}

test.each([
  ['postgres://u:SECRET@h@h/db', '"@" more than once'],
  ['postgres://u:SEC/RET@h/db', '"@" after a "/" or "?"'],
  ['postgres://u:SECRET/db', 'a host and port that are none'],
  ['postgres://u:5/SECRET@h', '"@" after a "/" or "?"'],
  ['postgres://u:5?SECRET@h', '"@" after a "/" or "?"'],
  ['postgres://u:SECRET#@h/db', 'a # in it'],
  ['postgres://u:SEC RET@h/db', 'white space in it'],
  [' postgres://u:SECRET@h/db', 'white space in it'],
  ['postgres://u:SEC"RET@h/db', 'a character in it that an address cannot hold'],
  ["postgres://u:SEC'RET@h/db", 'a character in it that an address cannot hold'],
  ['postgres://u:SECRET%@h/db', 'a % without two hexadecimal digits'],
  ['postgres://u:SECRET%ff@h/db', 'percent-encoded bytes that are no UTF-8'],
  ['postgres://u:SEC:RET@h/db', '":" more than once before the "@"'],
  ['postgres:/u:SECRET@h/db', 'no // after the scheme'],
  ['postgres:u:SECRET@h/db', 'no // after the scheme'],
  ['PostgreSQL:u', 'no // after the scheme'],
  ['postgres://u:SECRET@h:99999/db', 'a port above 65535'],
  ['postgres://u:SECRET@h1,h2/db', 'several hosts'],
  ['postgres://u:SECRET@h/db?pass%77ord=SECRET', 'a parameter that is not of the form name=value'],
  ['postgres://u:SECRET@h/a%2Fb', 'a database whose name the driver'],
  ['postgres://u:SECRET@h/..', 'a database whose name the driver'],
])('%s is refused: %s, and how to write it is said', async (place, got) => {
  const error = await refused(place)
  expect(error.message).toContain(got)
  expect(error.message).toContain('write @ as %40')
  expect(error.code).toBe('usage')
  expect(inspect(error)).not.toMatch(/SEC|RET/)
})

test('what is no address of PostgreSQL makes no folder of its name', async () => {
  expect((await refused('postgre://u:SECRET@h/db')).message).toBe(
    'gallery: place must be a folder or a postgres:// address, got an address of scheme postgre:. ' +
      'Did you mean postgres://? If a folder of this name is meant, begin it with ./',
  )
  for (const place of [
    'mysql://u:SECRET@h/db',
    'jdbc:postgresql://u:SECRET@h/db',
    'pg:u:SECRET@h',
    'psotgres:/h',
    'file:///tmp/x',
    'host=h user=u password=SECRET',
  ])
    expect(inspect(await refused(place))).not.toContain('SECRET')
  expect(readdirSync(home)).toEqual([])
})

test('addresses and folders are told apart', () => {
  for (const place of ['postgres://h', 'postgresql://h/db', 'POSTGRES://u@h/db', 'postgre://h', ' postgres://h'])
    expect(isAddress(place), place).toBe(true)
  for (const place of ['gallery', './postgres://h', 'a:b', 'C:\\photos\\gallery', 'c:/photos', '/srv/x=1/host=y', 'été 照片']) {
    expect(isAddress(place), place).toBe(false)
    expect(parsePlace(place)).toEqual({ kind: 'folder', path: place, name: place })
  }
})

test('every well-formed address passes, means to the driver what it says, and is shown without its passwords', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((s) => !s.includes('\0'))
  const names = {
    user: text,
    password: text.map((s) => `SECRET${s}SECRET`),
    port: fc.integer({ min: 1, max: 65535 }),
    database: text.filter((s) => !/[/?:@&=+$,#;]/.test(s) && !/^\.\.?$/.test(s)),
  }
  fc.assert(
    fc.property(
      fc.record({ ...names, scheme: fc.constantFrom('postgres', 'postgresql', 'POSTGRES'), asParameter: fc.boolean() }),
      ({ user, password, port, database, scheme, asParameter }) => {
        const encode = (s: string): string => encodeURIComponent(s).replaceAll("'", '%27')
        const url = asParameter
          ? `${scheme}://db.example:${port}/${encode(database)}?user=${encode(user)}&password=${encode(password)}`
          : `${scheme}://${encode(user)}:${encode(password)}@db.example:${port}/${encode(database)}`
        const place = parsePlace(url)
        expect(place).toMatchObject({ kind: 'server', url })
        expect(place.name).not.toContain('SECRET')
        expect(parse(url)).toMatchObject({ user, password, host: 'db.example', port: String(port), database })
      },
    ),
    { seed: 1 },
  )
})

test('a server that refuses, or is none, gets no secret into the error or its causes', async () => {
  // says no to whoever connects, and quotes the address as an administrator's proxy might
  const server = createServer((socket) => {
    socket.once('data', () => {
      const fields = Buffer.from('SERROR\0C28P01\0Mno entry for postgres://u:SECRETpw@h/db\0\0')
      const head = Buffer.from([0x45, 0, 0, 0, 0])
      head.writeInt32BE(fields.length + 4, 1)
      socket.end(Buffer.concat([head, fields]))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  for (const place of [
    `postgres://u:SECRETpw@127.0.0.1:${port}/db`,
    `postgresql://127.0.0.1:${port}/db?user=u&password=SECRETpw`,
    'postgres://u:SECRETpw@127.0.0.1:1/db',
    'postgres://127.0.0.1:1/db?user=u&password=SECRETpw&sslkey=/nowhere',
  ]) {
    const error = await refused(place)
    expect(error.message).toContain('***')
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('SECRETpw')
    expect(inspect((error as Error).cause, { depth: Infinity })).toContain('Error')
  }
  server.close()
})
