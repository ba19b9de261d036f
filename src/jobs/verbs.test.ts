/** @file Every verb: its schema, its flags and help, its examples, and what it says to a wrong use; in code and on the command line. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { kindred } from '../../test/support/kindred.ts'
import { writeVectors } from '../vectors/index.ts'
import { asCommandLine, checkInput, commandOf, fieldsOf, loadVerb, runVerb, verbNames, type Verb } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'kindred-verbs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The words of a line as a shell takes it; the examples have no quotes. */
const wordsOf = (line: string): string[] => line.trim().split(' ').slice(1)
const flag = (name: string): string => (name.length === 1 ? `-${name}` : `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`)

interface JsonSchema {
  readonly $schema?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, JsonSchema & { readonly description?: string; readonly default?: unknown }>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly enum?: readonly unknown[]
  readonly items?: JsonSchema
}
const types = ['string', 'number', 'integer', 'boolean', 'array']

describe.each(verbNames)('%s', (name) => {
  test('is what its line in the list says, describes every field, and its examples are inputs', async () => {
    const verb: Verb = await loadVerb(name)
    expect(verb.name).toBe(name)
    expect(verb.summary).toMatch(/^[A-Z].*\.$/)
    for (const field of fieldsOf(verb)) {
      expect(field.description, field.name).not.toBe('')
      const known = ['name', 'description', 'schema', 'required', 'default', 'positional', 'placeholder', 'defaultText', 'writes', 'off']
      expect(known, field.name).toEqual(expect.arrayContaining(Object.keys(field)))
      expect(['json', 'quiet', 'threads', 'runtime', 'limit', 'help', 'version']).not.toContain(field.name)
    }
    expect(verb.examples.length).toBeGreaterThan(0)
    for (const example of verb.examples) checkInput(verb, example)
  })

  test('shows in its help every field and example, as the schema has them', async () => {
    const verb = await loadVerb(name)
    const { code, out, err } = await kindred(name, '--help')
    expect([code, err]).toEqual([0, ''])
    const { out: printed } = await kindred('schema')
    const { input } = (JSON.parse(printed) as { name: string; input: JsonSchema }[]).find((entry) => entry.name === name)!
    for (const [field, { default: standard }] of Object.entries(input.properties!)) {
      const { positional, off } = fieldsOf(verb).find((f) => f.name === field)!
      expect(out, field).toMatch(positional === true ? `  ${field} ` : off === undefined ? `  ${flag(field)} ` : `  --no-${field} `)
      if (standard !== undefined && off === undefined && positional !== true)
        expect(out.replace(/\s+/g, ' ')).toContain(`default: ${String(standard)}`)
    }
    for (const example of verb.examples) expect(out).toContain(`  ${commandOf(verb, example)}\n`)
    expect(out.replace(/kindred \w+/g, '')).not.toContain('`')
    expect(out).toMatchSnapshot()
  })

  test('answers a misspelt option with the nearest, in code and on the command line', async () => {
    const verb = await loadVerb(name)
    const [first] = fieldsOf(verb).filter((field) => field.positional !== true && field.name.length > 2)
    if (first === undefined) {
      expect(await kindred(name, '--nothing')).toMatchObject({ code: 2, err: expect.stringContaining("unknown option '--nothing'") })
      return
    }
    const wrong = `${first.name}x`
    expect(() => checkInput(verb, { ...verb.examples[0], [wrong]: 1 })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(`Did you mean "${first.name}"?`) }),
    )
    const typed = first.off === undefined ? flag(wrong) : `--no-${wrong}`
    expect(await kindred(...wordsOf(commandOf(verb, verb.examples[0])), typed)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining(`Did you mean ${first.off === undefined ? flag(first.name) : `--no-${first.name}`}?`),
    })
  })
})

test('kindred schema prints JSON Schema of draft 2020-12 for every verb', async () => {
  const { code, out } = await kindred('schema')
  expect(code).toBe(0)
  const all = JSON.parse(out) as { name: string; summary: string; input: JsonSchema }[]
  expect(all.map(({ name }) => name)).toEqual(verbNames)
  expect(JSON.parse((await kindred('schema', '--json')).out)).toEqual(all)
  for (const { name, summary, input } of all) {
    expect(summary).toBe((await loadVerb(name as never)).summary)
    expect(input).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', additionalProperties: false })
    const properties = Object.entries(input.properties ?? {})
    for (const key of input.required ?? []) expect(properties.map(([property]) => property)).toContain(key)
    for (const [key, property] of properties) {
      expect(types, `${name}.${key}`).toContain(property.type)
      expect(property.description, `${name}.${key}`).toMatch(/\w/)
      if (property.type === 'array') expect(types).toContain(property.items?.type)
    }
  }
})

test('a verb runs from code as it does from the command line', async () => {
  const source = join(folder, 'v.npy')
  writeVectors(source, { vectors: Float32Array.from({ length: 40 }, (_, i) => Math.sin(i * i)), dim: 4 })
  const out = join(folder, 'map.svg')
  const result = await runVerb('map', { source, out, method: 'pca' })
  expect(result).toMatchObject({ out, count: 10, method: 'pca' })
  expect(JSON.parse((await kindred('map', source, '--out', out, '--method', 'pca', '--json')).out)).toEqual(
    JSON.parse(JSON.stringify(result)),
  )
  await expect(runVerb('map', { source, out: 'map.png' })).rejects.toMatchObject({ code: 'usage', option: 'out', got: '"map.png"' })
  await expect(runVerb('map', {} as never)).rejects.toMatchObject({ message: expect.stringContaining('`source` must be given') })
})

test('an error names the option; the command line writes it as a flag', async () => {
  const refused = { code: 2, err: expect.stringMatching(/^error: train: --data and --download must not be given together\.\n$/) }
  expect(await kindred('train', 'mnist', '--data', 'a', '--download')).toMatchObject(refused)
  const json = await kindred('train', 'mnist', '--data', 'a', '--download', '--json')
  expect(JSON.parse(json.err)).toMatchObject({ error: { code: 'usage', where: 'train', option: 'data' } })
})

test('a call is written as a command, and names in backticks become flags and commands', async () => {
  const faces = await loadVerb('faces')
  const call = { dir: 'my photos', minSharpness: 2, gallery: 'postgres://anna:secret@host/db' }
  expect(commandOf(faces, call)).toBe("kindred faces 'my photos' --min-sharpness 2 --gallery 'postgres://anna:***@host/db'")
  expect(commandOf(await loadVerb('digits'), { outliers: false, resume: true })).toBe('kindred digits --no-outliers --resume')
  expect(commandOf(await loadVerb('sweep'), { margins: [0, 0.4] })).toBe('kindred sweep --margins 0,0.4')
  expect(asCommandLine('Pass `minSharpness` or `dir`; see `verify()`, `npm test` and `other`.', faces)).toBe(
    'Pass --min-sharpness or <dir>; see kindred verify, `npm test` and `other`.',
  )
})
