import { describe, expect, test } from 'vitest'
import { collisions, unreadable } from '../../test/support/svg-texts.ts'
import { faceSheet, toPng } from './index.ts'

const side = 24
const face = (k: number): Uint8Array => Uint8Array.from({ length: side * side * 3 }, (_, i) => 128 + 90 * Math.sin(i / (20 + 7 * k)))
const groups = [
  {
    title: 'Anna & <Bea>',
    detail: '3 faces',
    faces: [0, 1, 2].map((k) => ({ pixels: face(k), caption: `party ${k}.jpg`, guess: k === 2 })),
    more: 4,
  },
  { title: 'Nobody', faces: [{ pixels: face(3), caption: 'a very long name of a photo that nobody can read.jpg' }] },
]
const tiles = (svg: string) =>
  [...svg.matchAll(/<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].map((m) => m.slice(1).map(Number))

describe('a contact sheet', () => {
  test('shows each face once, in rows below their titles, and says what is not shown', async () => {
    const svg = await faceSheet(groups, { height: side, width: side, title: 'Two groups', columns: 2, size: 40 })
    const places = tiles(svg)
    expect(places).toHaveLength(4)
    expect(places[1][1]).toBe(places[0][1])
    expect(places[2][1]).toBeGreaterThanOrEqual(places[0][1] + 40) // two columns: the third is in the next row
    expect(places[3][1]).toBeGreaterThan(places[2][1] + 40)
    const [, width, height] = / width="([\d.]+)" height="([\d.]+)"/.exec(svg)!.map(Number)
    for (const [x, y, w, h] of places) expect(x + w <= width && y + h <= height).toBe(true)
    expect(svg).toContain('Anna &amp; &lt;Bea&gt;')
    expect(svg).toContain('3 faces; 4 more are not shown')
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(1)
    expect((await toPng(svg)).length).toBeGreaterThan(3000)
  })

  test('draws as it did', async () => {
    const svg = await faceSheet(groups, { height: side, width: side, title: 'Two groups', subtitle: 'Captions: photos.', size: 40 })
    expect([...collisions(svg), ...unreadable(svg)]).toEqual([])
    await expect(svg.replaceAll(/data:image\/jpeg;base64,[^"]+/g, 'jpeg')).toMatchFileSnapshot('snapshots/face-sheet.svg')
  })

  test('says what is wrong', async () => {
    await expect(faceSheet([], { height: side, width: side, title: 'x' })).rejects.toThrow('there must be at least one group')
    await expect(faceSheet(groups, { height: side, width: side, title: 'x', columns: 0 })).rejects.toThrow(
      'columns must be a positive integer',
    )
    await expect(faceSheet(groups, { height: 9, width: side, title: 'x' })).rejects.toThrow('each picture must be 9 x 24 x 3 bytes')
    await expect(faceSheet(groups, { height: side, width: side, titel: 'x' } as never)).rejects.toThrow('Did you mean "title"?')
  })
})
