/** @file What somebody else has written where a command would write: it stays, and the command says so before any work. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { run } from './run.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-keeps-others-'))
afterAll(() => rmSync(root, { recursive: true }))

async function kindred(...words: string[]): Promise<{ code: number; err: string }> {
  let err = ''
  const code = await run(words, { out: { write: () => {} }, err: { write: (text: string) => void (err += text) } })
  return { code, err }
}

const photos = join(root, 'photos')
mkdirSync(photos)
writeFileSync(join(photos, 'a.jpg'), '')
const vectors = join(root, 'vectors.csv')
writeFileSync(vectors, '1,2\n2,1\n3,3\n4,5\n')

test.each<[string[], string]>([
  [['faces', photos, '--detector', 'tiny'], 'map.svg'],
  [['faces', photos, '--detector', 'tiny'], 'figures/plan.svg'],
  [['compare', photos, '--models', 'pixels,dlib', '--detector', 'tiny'], 'map.png'],
  [['group', photos, '--detector', 'tiny'], 'groups.png'],
  [['group', photos, '--detector', 'tiny'], 'groups/001.png'],
  [['digits', '--sweep-steps', '0', '--images', '100'], 'model.onnx'],
  [['train', 'mnist', '--images', '100', '--validation', '50'], 'loss.svg'],
  [['train', 'mnist', '--images', '100', '--validation', '50', '--overwrite'], 'run.json'],
  [['sweep', '--images', '100'], 'sweep.json'],
])('kindred %j leaves %s alone', { timeout: 60_000 }, async (words, name) => {
  const out = mkdtempSync(join(root, 'out-'))
  mkdirSync(join(out, name, '..'), { recursive: true })
  writeFileSync(join(out, name), 'MINE')
  const before = readdirSync(out, { recursive: true }).sort()
  const { code, err } = await kindred(...words, '--out', out)
  expect(err).toContain(`${join(out, name.split('/')[0])}, which kindred has not written`)
  expect(err).not.toContain('The report grows')
  expect(code).toBe(2)
  expect(readFileSync(join(out, name), 'utf8')).toBe('MINE')
  expect(readdirSync(out, { recursive: true }).sort()).toEqual(before)
})

test('a map is written over an earlier map alone: not over its source, nor over what lies beside a map that is not there yet', async () => {
  const folder = mkdtempSync(join(root, 'map-'))
  const [svg, csv, png] = ['map.svg', 'map.csv', 'map.png'].map((name) => join(folder, name))
  writeFileSync(csv, readFileSync(vectors))
  expect(await kindred('map', csv, '--out', svg)).toMatchObject({ code: 2, err: expect.stringContaining(csv) })
  expect(await kindred('map', vectors, '--out', svg)).toMatchObject({ code: 2, err: expect.stringContaining(csv) })
  expect(readFileSync(csv, 'utf8')).toBe(readFileSync(vectors, 'utf8'))
  rmSync(csv)
  writeFileSync(png, 'MINE')
  expect(await kindred('map', vectors, '--out', svg)).toMatchObject({ code: 2, err: expect.stringContaining(png) })
  rmSync(png)
  for (const _ of [1, 2]) expect(await kindred('map', vectors, '--out', svg, '--method', 'pca')).toMatchObject({ code: 0 })
  expect(await kindred('map', csv, '--out', svg)).toMatchObject({ code: 2 })
})
