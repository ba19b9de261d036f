/** @file Cascades that are damaged or made to hurt: refused, or harmless. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { damaged, readOrRefused } from '../../test/support/damage.ts'
import { setLimits } from '../base/index.ts'
import { haarDetector } from './haar.ts'
import { parseHaarCascade } from './haar-cascade.ts'
import { parseXml } from './xml.ts'

interface Parts {
  readonly tree?: string
  readonly leaves?: string
  readonly stage?: string
  readonly feature?: string
  readonly width?: string
  readonly stageNum?: string
  readonly before?: string
  readonly inside?: string
}

/** Two stages; the second has a tree of two nodes. */
const cascade = ({
  tree = '1 0 0 0.5 -1 -2 1 -0.25',
  leaves = '0.1 0.2 0.3',
  stage = '0.35',
  feature = '<rects><_>2 7 16 4 -1.</_><_>2 9 16 2 2.</_></rects>',
  width = '20',
  stageNum = '2',
  before = '',
  inside = '',
}: Parts = {}): string => `<?xml version="1.0"?>${before}
<!-- < a > comment -->
<opencv_storage>
<cascade type_id="opencv-cascade-classifier"><stageType>BOOST</stageType><featureType>HAAR</featureType>\
<height>20</height><width>${width}</width><stageNum>${stageNum}</stageNum>${inside}
<stages>
  <_><maxWeakCount>1</maxWeakCount><stageThreshold>-10</stageThreshold>\
<weakClassifiers><_><internalNodes>0 -1 1 0.01</internalNodes><leafValues>0.5 1.5</leafValues></_></weakClassifiers></_>
  <_><maxWeakCount>1</maxWeakCount><stageThreshold>${stage}</stageThreshold>\
<weakClassifiers><_><internalNodes>${tree}</internalNodes><leafValues>${leaves}</leafValues></_></weakClassifiers></_>
</stages>
<features><_>${feature}<tilted>0</tilted></_><_><rects><_>0 0 20 20 -1.</_><_>5 5 10 10 3.</_><_>6 6 2 2 1.</_></rects></_></features>
</cascade></opencv_storage>
`
const gray = Uint8Array.from({ length: 40 * 50 }, (_, i) => (i * 7919) % 251)

test('the small cascade is read and runs', () => {
  const { stageStart, treeNode, left, right, leaves } = parseHaarCascade(cascade())
  expect([...stageStart]).toEqual([0, 1, 2])
  expect([...treeNode]).toEqual([0, 1])
  expect([...left]).toEqual([0, 1, -1])
  expect([...right]).toEqual([-1, 0, -2])
  expect(leaves.length).toBe(5)
  const found = [true, false].map((vectors) =>
    haarDetector(cascade({ stage: '-10' }), { vectors }).detect(gray, 40, 50, { minNeighbors: 0 }),
  )
  expect(found[0].length).toBeGreaterThan(10)
  expect(found[1]).toEqual(found[0])
})

describe('trees and rectangles that lead the detector astray', () => {
  test.each<[string, Parts, RegExp]>([
    [
      'a node that leads to itself',
      { tree: '0 1 0 0.5 1 -2 1 -0.25' },
      /node 1 of a tree of stage 2 must lead to a later node or to a leaf/,
    ],
    ['nodes in a ring', { tree: '1 0 0 0.5 2 -2 1 -0.25 1 -1 0 0', leaves: '1 2 3 4' }, /node 2 of a tree of stage 2 must lead/],
    ['a node beyond the tree', { tree: '2 0 0 0.5 -1 -2 1 -0.25' }, /must lead to a later node/],
    ['a leaf beyond the tree', { tree: '1 0 0 0.5 -1 -3 1 -0.25' }, /must lead to a later node/],
    ['half a node', { tree: '1.5 0 0 0.5 -1 -2 1 -0.25' }, /must lead to a later node/],
    ['three numbers a node', { tree: '0 -1 0' }, /every node of stage 2 must hold four numbers/],
    ['no nodes', { tree: '' }, /every node of stage 2 must hold four numbers, got 0/],
    ['a leaf too few', { leaves: '0.1 0.2' }, /<leafValues> must hold 3 numbers, got 2/],
    ['a feature that is not there', { tree: '1 0 2 0.5 -1 -2 1 -0.25' }, /features must be numbered 0\.\.1, got 2/],
    ['a negative feature', { tree: '1 0 -1 0.5 -1 -2 1 -0.25' }, /features must be numbered/],
    ['NaN for a threshold', { tree: '1 0 0 nan -1 -2 1 -0.25' }, /must hold finite numbers, got nan/],
    ['Infinity for a leaf', { leaves: '0.1 Infinity 0.3' }, /must hold finite numbers, got Infinity/],
    ['a number beyond float32', { leaves: '0.1 1e300 0.3' }, /must hold finite numbers, got 1e300/],
    ['no number for a stage', { stage: '' }, /<stageThreshold> must hold 1 number, got 0/],
    ['a word for a stage', { stage: '.Inf' }, /must hold finite numbers, got \.Inf/],
    [
      'a rectangle outside the window',
      { feature: '<rects><_>2 7 19 4 -1.</_><_>2 9 16 2 2.</_></rects>' },
      /rectangles of feature 0 must lie in the window of 20 x 20, got 2 7 19 4/,
    ],
    ['one left of it', { feature: '<rects><_>-1 7 16 4 -1.</_><_>2 9 16 2 2.</_></rects>' }, /must lie in the window/],
    ['one of no width', { feature: '<rects><_>2 7 0 4 -1.</_><_>2 9 16 2 2.</_></rects>' }, /must lie in the window/],
    ['one of four numbers', { feature: '<rects><_>2 7 16 4</_><_>2 9 16 2 2.</_></rects>' }, /must hold 5 numbers, got 4/],
    ['a single rectangle', { feature: '<rects><_>2 7 16 4 -1.</_></rects>' }, /two or three rectangles, got 1/],
    [
      'a weight that overflows',
      { feature: '<rects><_>2 7 16 4 -1.</_><_>2 9 16 2 2000000000.</_></rects>' },
      /weights of feature 0 must be small/,
    ],
    [
      'a weight that is no integer',
      { feature: '<rects><_>2 7 16 4 -1.</_><_>2 9 16 2 2.5</_></rects>' },
      /weights of rectangles must be integers/,
    ],
    ['a tilted feature', { feature: '<tilted>1</tilted><rects><_>2 7 16 4 -1.</_><_>2 9 16 2 2.</_></rects>' }, /must be upright/],
    ['a window of nothing', { width: '0' }, /must be 3 x 3 pixels or more/],
    ['a window of half a pixel', { width: '20.5' }, /<width> must be a whole number/],
    ['a window above the limit', { width: '1000000000' }, /limit imagePixels/],
    ['fewer stages than stated', { stageNum: '3' }, /must hold 3 stages, as <stageNum> says, got 2/],
    ['a part twice', { inside: '<width>20</width>' }, /must hold one <width>, got 2/],
    ['other elements in a list', { inside: '', feature: '<x/><rects><_>2 7 16 4 -1.</_><y/></rects>' }, /elements called _, got <y>/],
  ])('%s', (_, parts, message) => {
    expect(() => parseHaarCascade(cascade(parts), 'bad.xml')).toThrow(
      expect.objectContaining({ where: 'bad.xml', message: expect.stringMatching(message) }),
    )
  })
})

describe('XML made to hurt', () => {
  test.each<[string, string, RegExp]>([
    [
      'a document type',
      cascade({ before: '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>' }),
      /line 1: it must have no document type/,
    ],
    ['an external entity', cascade({ before: '<!DOCTYPE foo SYSTEM "file:///etc/passwd">' }), /no document type/],
    ['an entity', cascade({ stage: '&lol2;' }), /line 7: the text must hold no entities/],
    ['a marked section', cascade({ stage: '<![CDATA[1]]>' }), /no document type, entities or marked sections/],
    ['elements that cross', '<a><b></a></b>', /<b> must end, got <\/a>/],
    ['an end without a beginning', '</a>', /no element must end that has not begun/],
    ['two roots', '<a/><b/>', /one element around all others/],
    ['text around', '<a/>x', /it must be XML, got x/],
    ['an attribute that does not end', '<a b="c>', /an element must begin/],
    ['a comment that does not end', '<a><!-- </a>', /must end with -->/],
    ['a name of many letters', `<${'a'.repeat(5000)}></b>`, /<a{40}> must end, got <\/b>\.$/],
    ['an end of file in a tag', '<a><b', /an element must begin/],
    ['nothing', '', /it must be XML, got an empty text/],
  ])('%s', (_, xml, message) => {
    expect(() => parseHaarCascade(xml, 'bad.xml')).toThrow(message)
  })
  test('100,000 elements in each other, and a million beside each other', async () => {
    expect((await readOrRefused(() => parseXml('<a>'.repeat(100_000), 'deep.xml'), 1)).refused?.code).toBe('limit')
    const undo = setLimits({ entries: 1000 })
    try {
      expect((await readOrRefused(() => parseXml(`<a>${'<b/>'.repeat(1001)}</a>`, 'wide.xml'), 1)).refused?.code).toBe('limit')
    } finally {
      undo()
    }
  })
  test.each(['<!--', '<!-- -', '<a ', '<a b="', '<_', '</', '<a><rects>', '<?'])('%j a hundred thousand times over', async (bit) => {
    expect((await readOrRefused(() => parseHaarCascade(bit.repeat(100_000)), 2)).refused).toBeDefined()
  })
})

test('damaged cascades: only our errors, and what is read ends', async () => {
  const small = new TextEncoder().encode(cascade())
  await fc.assert(
    fc.asyncProperty(damaged(small), async (bytes) => {
      await readOrRefused(() => haarDetector(new TextDecoder().decode(bytes)).detect(gray, 40, 50, { minNeighbors: 1 }), 2)
    }),
    { numRuns: 1000 },
  )
  const whole = readFileSync(new URL('../../assets/haarcascade_frontalface_alt2.xml', import.meta.url))
  await fc.assert(
    fc.asyncProperty(damaged(whole), async (bytes) => {
      await readOrRefused(() => haarDetector(new TextDecoder().decode(bytes)).detect(gray, 40, 50), 2)
    }),
    { numRuns: 30 },
  )
}, 120_000)
