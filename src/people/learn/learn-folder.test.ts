/** @file Learning on real photos: what it leaves in the folder, who uses it, and how it is given up. Skipped without the photos. */
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { celeb5 } from '../../../test/support/face-photos.ts'
import { faceModel, openDetector } from '../../faces/index.ts'
import { nodeRuntime } from '../../runtime/index.ts'
import { embedFolder } from '../embed-folder.ts'
import { groupFaces } from '../group.ts'
import { searchFaces } from '../search.ts'
import { confirmedPeople } from './confirmed-people.ts'
import { inLearnedSpace, learnedOnGone, learnFolder } from './learn-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'kindred-learn-'))
afterAll(() => rmSync(root, { recursive: true }))

test.skipIf(celeb5 === undefined)(
  'five people: better, and used by searches and groups; nothing mixes; too few confirmed people are refused and change nothing',
  async () => {
    const [dir, out] = [join(root, 'photos'), join(root, 'out')]
    cpSync(join(celeb5!, 'val'), dir, { recursive: true })
    cpSync(join(celeb5!, 'train'), dir, { recursive: true })
    const runtime = await nodeRuntime({ threads: 1 })
    const detector = await openDetector('tiny', { runtime })
    const model = await faceModel('dlib', { runtime, detector: detector.id })
    const found = await embedFolder(dir, { out, detector, model, runtime, faces: 'largest' })

    const { learned, found: moved, threshold } = await learnFolder(found, { out, dir, model, runtime })
    const { unseenPeople, worseCopies } = learned.judged
    expect(learned.people).toBe(5)
    expect(unseenPeople!.map.difference).toBeGreaterThan(-0.002) // nearly all is right before
    expect(worseCopies!.map.low).toBeGreaterThan(0)
    expect(learned.better).toBe(true)
    const card = JSON.parse(readFileSync(join(out, 'head.json'), 'utf8')) as { hash: string; people: string; learnedOn: string[] }
    expect([card.people, card.learnedOn.length]).toEqual(['5', new Set(found.records.map((r) => r.sourceHash)).size])
    expect([learnedOnGone(out, found.records), learnedOnGone(out, found.records.slice(3))]).toEqual([0, 3])
    expect(moved!.recipe.head!.hash).toBe(card.hash)
    expect(inLearnedSpace(out, found)!.vectors).toEqual(moved!.vectors)

    const query = join(dir, found.records[0].source)
    const learnt = await searchFaces(out, query, { runtime })
    expect(learnt.recipe.head?.hash).toBe(card.hash)
    expect([learnt.threshold?.value, learnt.threshold?.file]).toEqual([threshold, join(out, 'head.threshold.json')])
    expect(learnt.answers[0].neighbours[0]).toMatchObject({ rank: 0, distance: expect.closeTo(0, 3) })
    const own = await searchFaces(out, query, { runtime, model: 'dlib', detector: 'tiny' })
    expect([own.recipe.head, own.threshold]).toEqual([undefined, undefined])
    expect((await groupFaces(out, { runtime })).recipe.head?.hash).toBe(card.hash)

    // A person who is nobody, and one name for two folders: three people are left.
    const names = [...new Set(found.records.map((r) => r.label!))].sort()
    const of = (name: string): string[] => found.records.filter((r) => r.label === name).map((r) => `${r.source}#${r.face}`)
    const lines = [
      { name: '-', faces: of(names[0]) },
      { name: names[1], faces: of(names[2]) },
    ]
    writeFileSync(join(out, 'groups.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    rmSync(join(out, 'groups.places.json'), { force: true })
    expect(confirmedPeople(out, found.records).people).toEqual([names[1], names[3], names[4]])
    await expect(learnFolder(found, { out, dir, model, runtime })).rejects.toThrow('got 3 people')
    expect(existsSync(join(out, 'head.onnx'))).toBe(true)

    rmSync(join(out, 'head.onnx'))
    expect(inLearnedSpace(out, found)).toBeUndefined()
    expect((await searchFaces(out, query, { runtime })).recipe.head).toBeUndefined()
    expect(readdirSync(join(out, 'vectors')).filter((n) => n.endsWith('.npy'))).toHaveLength(2)
    await model.dispose()
    await detector.dispose()
  },
  240_000,
)

test('a damaged head is told with what to do', () => {
  writeFileSync(join(root, 'head.onnx'), 'no head')
  expect(() => inLearnedSpace(root, {} as unknown as Parameters<typeof inLearnedSpace>[1])).toThrow(
    expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('learn again with `learn`, or delete it') }),
  )
})
