/** @file Face regions of XMP: the forms in which programs write them, all turns of a photo, and writing beside what others wrote. */
import { expect, test } from 'vitest'
import { setLimits } from '../base/index.ts'
import { areaOfBox, boxOfArea, readXmpRegions, writeXmpRegions, type StoredArea } from './index.ts'

const packet = (body: string): string =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Some program">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">${body}</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`
const spaces =
  'xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#" ' +
  'xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'

/** As digiKam and exiv2 write: attributes, a Description in each item. */
const attributes = packet(`
  <rdf:Description rdf:about="" ${spaces} xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg">
   <mwg-rs:Regions rdf:parseType="Resource">
    <mwg-rs:AppliedToDimensions stDim:w="400" stDim:h="300" stDim:unit="pixel"/>
    <mwg-rs:RegionList>
     <rdf:Bag>
      <rdf:li><rdf:Description mwg-rs:Name="Ann &amp; Ko&#x308;" mwg-rs:Type="Face" mwg-rs:Rotation="0.1">
       <mwg-rs:Area stArea:x="0.5" stArea:y="0.25" stArea:w="0.2" stArea:h="0.3" stArea:unit="normalized"/>
      </rdf:Description></rdf:li>
      <rdf:li><rdf:Description mwg-rs:Name="Rex" mwg-rs:Type="Pet">
       <mwg-rs:Area stArea:x="0.1" stArea:y="0.1" stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/>
      </rdf:Description></rdf:li>
      <rdf:li><rdf:Description mwg-rs:Type="Face">
       <mwg-rs:Area stArea:x="0.9" stArea:y="0.9" stArea:w="0.1" stArea:h="0.1" stArea:unit="normalized"/>
      </rdf:Description></rdf:li>
     </rdf:Bag>
    </mwg-rs:RegionList>
   </mwg-rs:Regions>
  </rdf:Description>`)
/** As exiftool and Apple write: elements, each structure a resource; other prefixes. */
const elements = packet(`
  <rdf:Description rdf:about="" xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/" xmlns:a="http://ns.adobe.com/xmp/sType/Area#">
   <r:Regions rdf:parseType="Resource"><r:RegionList><rdf:Seq>
    <rdf:li rdf:parseType="Resource"><r:Name>Bea</r:Name><r:Area rdf:parseType="Resource"><a:x>0.5</a:x><a:y>0.5</a:y><a:w>0.25</a:w><a:h>0.5</a:h>
     </r:Area></rdf:li>
    <rdf:li rdf:parseType="Resource"><r:Name>Cut</r:Name><r:Area rdf:parseType="Resource"><a:x>0.02</a:x><a:y>0.5</a:y><a:w>0.1</a:w><a:h>0.1</a:h>
     </r:Area></rdf:li>
    <rdf:li rdf:parseType="Resource"><r:Name>Bad</r:Name><r:Area rdf:parseType="Resource"><a:x>NaN</a:x><a:y>0.5</a:y><a:w>0.1</a:w><a:h>0.1</a:h>
     </r:Area></rdf:li>
    <rdf:li rdf:parseType="Resource"><r:Name>None</r:Name></rdf:li>
   </rdf:Seq></r:RegionList></r:Regions>
  </rdf:Description>`)
/** As Windows Photo Gallery writes. */
const microsoft = packet(`
  <rdf:Description rdf:about="" xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
   xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">
   <MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag>
    <rdf:li><rdf:Description MPReg:Rectangle="0.1, 0.2, 0.3, 0.4" MPReg:PersonDisplayName="Cleo"/></rdf:li>
    <rdf:li MPReg:Rectangle="0.1, 0.2, , 0.4" MPReg:PersonDisplayName="Dan"/>
   </rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo>
  </rdf:Description>`)

const near = (area: StoredArea) => ({
  x: expect.closeTo(area.x, 9),
  y: expect.closeTo(area.y, 9),
  width: expect.closeTo(area.width, 9),
  height: expect.closeTo(area.height, 9),
})

test('reads the forms in which programs write regions', () => {
  expect(readXmpRegions(attributes, 'a.xmp')).toEqual({
    faces: [{ name: 'Ann & K\u00f6', area: near({ x: 0.4, y: 0.1, width: 0.2, height: 0.3 }) }],
    appliedTo: { width: 400, height: 300 },
  })
  expect(readXmpRegions(elements, 'b.xmp')).toEqual({
    faces: [
      { name: 'Bea', area: near({ x: 0.375, y: 0.25, width: 0.25, height: 0.5 }) },
      { name: 'Cut', area: near({ x: -0.03, y: 0.45, width: 0.1, height: 0.1 }) },
    ],
    appliedTo: undefined,
  })
  expect(readXmpRegions(microsoft, 'c.xmp').faces).toEqual([{ name: 'Cleo', area: { x: 0.1, y: 0.2, width: 0.3, height: 0.4 } }])
  expect(readXmpRegions(packet(''), 'd.xmp')).toEqual({ faces: [], appliedTo: undefined })
  const pixels = attributes.replace(
    'x="0.5" stArea:y="0.25" stArea:w="0.2" stArea:h="0.3" stArea:unit="normalized"',
    'x="200" stArea:y="75" stArea:w="80" stArea:h="90" stArea:unit="pixel"',
  )
  expect(readXmpRegions(pixels, 'e.xmp').faces[0].area).toEqual(near({ x: 0.4, y: 0.1, width: 0.2, height: 0.3 }))
})

test.each([
  ['<a><b></a>', 'corrupt', 'it must be XML'],
  ['', 'corrupt', 'it must be XML'],
  ['<a>&bomb;</a>', 'corrupt', 'entity not found'],
  ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'unsupported', 'no document type'],
  ['<a>'.repeat(100) + '</a>'.repeat(100), 'limit', 'nesting'],
] as const)('%s is refused', (xml, code, words) => {
  for (const read of [
    () => readXmpRegions(xml, 'x.xmp'),
    () => writeXmpRegions(xml, [], { size: { width: 1, height: 1 }, same: () => undefined, what: 'x.xmp' }),
  ])
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }))
})

test('XMP over the limit is refused, and XML without RDF is not written into', () => {
  const undo = setLimits({ xmpBytes: 100 })
  try {
    expect(() => readXmpRegions(attributes, 'x.xmp')).toThrow(
      expect.objectContaining({ code: 'limit', message: expect.stringContaining('xmpBytes') }),
    )
  } finally {
    undo()
  }
  expect(readXmpRegions('<html/>', 'x.xmp').faces).toEqual([])
  expect(() => writeXmpRegions('<html/>', [], { size: { width: 1, height: 1 }, same: () => undefined, what: 'x.xmp' })).toThrow('rdf:RDF')
})

const none = { size: { width: 400, height: 300 }, same: () => undefined, what: 'x.xmp' }
const dora = { name: 'D\u00f6ra <"&>', area: { x: 0.7, y: 0.6, width: 0.2, height: 0.3 } }

test('what is written is read again; a second writing changes nothing', () => {
  const written = writeXmpRegions(undefined, [dora], none)
  const { faces, appliedTo } = readXmpRegions(written, 'new.xmp')
  expect(faces).toEqual([{ name: dora.name, area: near(dora.area) }])
  expect(appliedTo).toEqual({ width: 400, height: 300 })
  expect(writeXmpRegions(written, [dora], { ...none, same: () => 0 })).toBe(written)
  expect(writeXmpRegions(undefined, [], none)).toContain('Regions')
})

test.each([
  ['attributes', attributes, 'Ann'],
  ['elements', elements, 'Bea'],
])('writing into what others wrote keeps all of it: %s', (_, xml, old) => {
  const before = readXmpRegions(xml, 'x.xmp').faces
  const added = writeXmpRegions(xml, [dora], none)
  expect(readXmpRegions(added, 'x.xmp').faces).toEqual([...before, { name: dora.name, area: near(dora.area) }])
  // a region that is one of the faces is renamed where it stands, once
  const renamed = writeXmpRegions(xml, [{ name: 'Zo\u00eb', area: before[0].area }], {
    ...none,
    same: ({ width }) => (width === before[0].area.width ? 0 : undefined),
  })
  expect(readXmpRegions(renamed, 'x.xmp').faces).toEqual([{ ...before[0], name: 'Zo\u00eb' }, ...before.slice(1)])
  for (const text of [added, renamed]) {
    expect(text.startsWith('<?xpacket begin')).toBe(true)
    expect(text.trim().endsWith('<?xpacket end="w"?>')).toBe(true)
    expect(text).toContain('x:xmptk="Some program"')
    for (const part of xml === attributes
      ? ['dc:format="image/jpeg"', '"Rex"', 'mwg-rs:Rotation="0.1"', 'stArea:x="0.9"']
      : ['<r:Name>None</r:Name>', 'NaN'])
      expect(text).toContain(part)
  }
  expect(renamed).not.toContain(old)
})

test('a photo may be turned in any of the eight ways: areas of the stored image become boxes of the upright one, and back', () => {
  // the upright photo is 300 x 400, the face lies at its upper left, 30 x 80
  const box = [30, 40, 30, 80] as const
  const expected: Record<number, [number, number]> = {
    1: [0.15, 0.2],
    2: [0.85, 0.2],
    3: [0.85, 0.8],
    4: [0.15, 0.8],
    5: [0.2, 0.15],
    6: [0.2, 0.85],
    7: [0.8, 0.85],
    8: [0.8, 0.15],
  }
  for (const [key, [x, y]] of Object.entries(expected)) {
    const orientation = Number(key)
    const size = orientation >= 5 ? { width: 400, height: 300, orientation } : { width: 300, height: 400, orientation }
    const area = areaOfBox(box, size)
    expect([orientation, area.x + area.width / 2, area.y + area.height / 2]).toEqual([
      orientation,
      expect.closeTo(x, 9),
      expect.closeTo(y, 9),
    ])
    expect([area.width, area.height]).toEqual(
      orientation >= 5 ? [expect.closeTo(0.2, 9), expect.closeTo(0.1, 9)] : [expect.closeTo(0.1, 9), expect.closeTo(0.2, 9)],
    )
    expect(boxOfArea(area, size)).toEqual(box.map((v) => expect.closeTo(v, 9)))
  }
})

test('a name of more than 500 letters is none', () => {
  const withName = (name: string) => readXmpRegions(elements.replace('>Bea<', `>${name}<`), 'x').faces.map((f) => f.name)
  expect(withName('B'.repeat(500))).toContain('B'.repeat(500))
  expect(withName('B'.repeat(501)).some((name) => name.startsWith('B'))).toBe(false)
})
