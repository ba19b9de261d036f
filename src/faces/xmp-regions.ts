/**
 * @file Face regions in XMP: the names and boxes that photo programs write into a photo or beside it.
 *
 * Regions are those of the Metadata Working Group (Guidelines for Handling Image Metadata 2.0, 2010, section 5.9): `mwg-rs:Regions`, areas by their centre,
 * normalised to 0..1, relative to the image as it is stored, before its Exif orientation is applied. Where there are none, the people of Microsoft's
 * `MP:RegionInfo` are read. XMP is RDF: a property may be an attribute or an element, a structure an element of its own or a nested rdf:Description.
 */
import { DOMParser, XMLSerializer, type Document, type Element, type Node } from '@xmldom/xmldom'
import { ensureWithin, KindredError, limits, overLimit } from '../base/index.ts'

/** A box in parts of the stored image, 0..1: left, top, width, height. */
export interface StoredArea {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A named face. */
export interface NamedArea {
  /** Unicode NFC. */
  readonly name: string
  readonly area: StoredArea
}

/** The regions of one XMP packet. */
export interface XmpRegions {
  readonly faces: readonly NamedArea[]
  /** The size of the image that they were drawn on, pixels, where it is written down. */
  readonly appliedTo: { readonly width: number; readonly height: number } | undefined
}

const ns = {
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  x: 'adobe:ns:meta/',
  regions: 'http://www.metadataworkinggroup.com/schemas/regions/',
  area: 'http://ns.adobe.com/xmp/sType/Area#',
  dimensions: 'http://ns.adobe.com/xap/1.0/sType/Dimensions#',
  mp: 'http://ns.microsoft.com/photo/1.2/',
  mpInfo: 'http://ns.microsoft.com/photo/1.2/t/RegionInfo#',
  mpRegion: 'http://ns.microsoft.com/photo/1.2/t/Region#',
} as const
const xmlns = 'http://www.w3.org/2000/xmlns/'

/** Reads XML of unknown origin: no document type, no entities of its own, bounded in size and depth. */
function parse(xml: string, what: string): Document {
  ensureWithin('xmpBytes', Buffer.byteLength(xml), 'xmp', what)
  if (/<!(DOCTYPE|ENTITY)/i.test(xml))
    throw new KindredError('unsupported', what, 'XMP must have no document type and no entities of its own', 'one that has')
  let document: Document
  try {
    document = new DOMParser({
      onError: (_, message) => {
        throw new Error(message)
      },
    }).parseFromString(xml.replace(/^\uFEFF/, ''), 'text/xml')
  } catch (error) {
    throw new KindredError('corrupt', what, 'it must be XML', whyNot(error), undefined, { cause: error })
  }
  let depth = 0
  for (let node: Node | null = document.documentElement; node !== null;) {
    if (depth > limits().nesting) throw overLimit('nesting', what, 'the elements')
    if (node.firstChild !== null) {
      node = node.firstChild
      depth++
      continue
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parentNode
      depth--
    }
    node = node?.nextSibling ?? null
  }
  return document
}

/** The parser's reason; where it gives that of its own program, in our words. */
function whyNot(error: unknown): string {
  const said = /caused Error: (?:Error: )?(.*)$/s.exec(String((error as Error).message))?.[1] ?? String((error as Error).message)
  return /TypeError|RangeError|ReferenceError/.test(said) ? 'a tag that cannot be read' : said.slice(0, 120)
}

const isElement = (node: Node): node is Element => node.nodeType === 1
const elementsOf = (parent: Element): Element[] => [...parent.childNodes].filter(isElement)
const isNamed = (element: Element, space: string, name: string): boolean => element.namespaceURI === space && element.localName === name

/** The elements that hold the properties of a structure: itself, and the rdf:Description in it. */
const holders = (element: Element): Element[] => [element, ...elementsOf(element).filter((child) => isNamed(child, ns.rdf, 'Description'))]

/** A property as an element; undefined where it is none. */
function property(element: Element, space: string, name: string): Element | undefined {
  for (const holder of holders(element)) {
    const found = elementsOf(holder).find((child) => isNamed(child, space, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** A property as text, from an attribute or an element. */
function text(element: Element, space: string, name: string): string | undefined {
  for (const holder of holders(element)) if (holder.hasAttributeNS(space, name)) return holder.getAttributeNS(space, name) ?? undefined
  const found = property(element, space, name)
  return found?.textContent?.trim()
}

function number(element: Element, space: string, name: string): number {
  const written = text(element, space, name)
  return written === undefined || written === '' ? NaN : Number(written)
}

/** The items of a list. */
function items(list: Element | undefined): Element[] {
  const bag = list === undefined ? undefined : elementsOf(list).find((e) => ['Bag', 'Seq', 'Alt'].some((kind) => isNamed(e, ns.rdf, kind)))
  return bag === undefined ? [] : elementsOf(bag).filter((e) => isNamed(e, ns.rdf, 'li'))
}

/** The top-level rdf:Descriptions of a packet. */
function descriptions(document: Document): Element[] {
  const root = document.documentElement
  const rdf = root === null ? undefined : isNamed(root, ns.rdf, 'RDF') ? root : elementsOf(root).find((e) => isNamed(e, ns.rdf, 'RDF'))
  return rdf === undefined ? [] : elementsOf(rdf).filter((e) => isNamed(e, ns.rdf, 'Description'))
}

const topProperty = (document: Document, space: string, name: string): Element | undefined =>
  descriptions(document)
    .map((d) => property(d, space, name))
    .find((e) => e !== undefined)

/** Whether an area is one: finite, not empty, and not far outside the image. */
const isArea = ({ x, y, width, height }: StoredArea): boolean =>
  [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0 && width <= 2 && height <= 2 && x > -1 && y > -1 && x < 1 && y < 1

/** Longer ones are no names, and would flood what they are shown in. */
const longestName = 500

/** A name; empty where there is none. */
function named(name: string | undefined): string {
  const said = (name ?? '').trim().normalize('NFC')
  return said.length > longestName ? '' : said
}

/** The area of a region of the Metadata Working Group; undefined where it has none that can be read. */
function areaOf(region: Element, appliedTo: XmpRegions['appliedTo']): StoredArea | undefined {
  const element = property(region, ns.regions, 'Area')
  if (element === undefined) return undefined
  let [x, y, width, height] = ['x', 'y', 'w', 'h'].map((name) => number(element, ns.area, name))
  if (text(element, ns.area, 'unit') === 'pixel') {
    if (appliedTo === undefined) return undefined
    ;[x, y, width, height] = [x / appliedTo.width, y / appliedTo.height, width / appliedTo.width, height / appliedTo.height]
  }
  const area = { x: x - width / 2, y: y - height / 2, width, height }
  return isArea(area) ? area : undefined
}

const isFace = (region: Element): boolean => (text(region, ns.regions, 'Type') ?? 'Face').toLowerCase() === 'face'

function appliedToOf(regions: Element): XmpRegions['appliedTo'] {
  const element = property(regions, ns.regions, 'AppliedToDimensions')
  if (element === undefined) return undefined
  const [width, height] = [number(element, ns.dimensions, 'w'), number(element, ns.dimensions, 'h')]
  return width > 0 && height > 0 && Number.isFinite(width * height) ? { width, height } : undefined
}

/**
 * The named faces of an XMP packet; regions without a name or with one of over 500 letters, of other types, or with areas that are none are passed over.
 *
 * @param xml  the packet, or a sidecar file
 * @param what the file, for messages
 * @throws KindredError `corrupt` for what is no XML, `unsupported` for a document type, `limit` (`xmpBytes`, `nesting`)
 * Cost: one pass over a document of at most `xmpBytes`
 */
export function readXmpRegions(xml: string, what: string): XmpRegions {
  const document = parse(xml, what)
  const regions = topProperty(document, ns.regions, 'Regions')
  if (regions !== undefined) {
    const appliedTo = appliedToOf(regions)
    const faces = items(property(regions, ns.regions, 'RegionList')).flatMap((region): NamedArea[] => {
      const name = named(text(region, ns.regions, 'Name'))
      const area = areaOf(region, appliedTo)
      return name === '' || area === undefined || !isFace(region) ? [] : [{ name, area }]
    })
    if (faces.length > 0) return { faces, appliedTo }
  }
  const people = topProperty(document, ns.mp, 'RegionInfo')
  const faces = (people === undefined ? [] : items(property(people, ns.mpInfo, 'Regions'))).flatMap((region): NamedArea[] => {
    const name = named(text(region, ns.mpRegion, 'PersonDisplayName'))
    const [x, y, width, height] = (text(region, ns.mpRegion, 'Rectangle') ?? '')
      .split(',')
      .map((part) => (part.trim() === '' ? NaN : Number(part)))
    const area = { x, y, width, height }
    return name === '' || !isArea(area) ? [] : [{ name, area }]
  })
  return { faces, appliedTo: undefined }
}

const empty = `<x:xmpmeta xmlns:x="${ns.x}">\n <rdf:RDF xmlns:rdf="${ns.rdf}">\n </rdf:RDF>\n</x:xmpmeta>\n`

/**
 * XMP with these faces in it; everything else that stood there stays. A region that `same` takes for one of the faces gets its name, the others are added.
 *
 * @param xml   what is there already; undefined for nothing
 * @param faces names and areas in the stored image
 * @param size  of the stored image, pixels
 * @param same  which of the faces a region is; undefined for none
 * @returns the new text, or the old one where nothing has changed
 * @throws KindredError as {@link readXmpRegions}, and `corrupt` where there is no RDF to add to
 */
export function writeXmpRegions(
  xml: string | undefined,
  faces: readonly NamedArea[],
  { size, same, what }: { size: { width: number; height: number }; same: (area: StoredArea) => number | undefined; what: string },
): string {
  const document = parse(xml ?? empty, what)
  const root = document.documentElement
  const rdf = root === null ? undefined : isNamed(root, ns.rdf, 'RDF') ? root : elementsOf(root).find((e) => isNamed(e, ns.rdf, 'RDF'))
  if (rdf === undefined) throw new KindredError('corrupt', what, 'it must be XMP: an element rdf:RDF in it', 'other XML')
  const make = (space: string, name: string, prefix: string): Element => document.createElementNS(space, `${prefix}:${name}`)
  const under = (parent: Element, child: Element): Element => parent.appendChild(child) as Element
  const resource = (element: Element): Element => {
    element.setAttributeNS(ns.rdf, 'rdf:parseType', 'Resource')
    return element
  }
  let changed = false
  let regions = topProperty(document, ns.regions, 'Regions')
  if (regions === undefined) {
    const description = make(ns.rdf, 'Description', 'rdf')
    description.setAttributeNS(ns.rdf, 'rdf:about', descriptions(document)[0]?.getAttributeNS(ns.rdf, 'about') ?? '')
    for (const [prefix, space] of [
      ['mwg-rs', ns.regions],
      ['stArea', ns.area],
      ['stDim', ns.dimensions],
    ])
      description.setAttributeNS(xmlns, `xmlns:${prefix}`, space)
    under(rdf, description)
    regions = under(description, resource(make(ns.regions, 'Regions', 'mwg-rs')))
  }
  const home = holders(regions).at(-1)!
  if (property(regions, ns.regions, 'AppliedToDimensions') === undefined) {
    const dimensions = under(home, resource(make(ns.regions, 'AppliedToDimensions', 'mwg-rs')))
    for (const [name, value] of [
      ['w', size.width],
      ['h', size.height],
      ['unit', 'pixel'],
    ] as const)
      under(dimensions, make(ns.dimensions, name, 'stDim')).textContent = String(value)
  }
  const appliedTo = appliedToOf(regions)
  const list = property(regions, ns.regions, 'RegionList') ?? under(home, make(ns.regions, 'RegionList', 'mwg-rs'))
  const bag =
    elementsOf(list).find((e) => ['Bag', 'Seq', 'Alt'].some((kind) => isNamed(e, ns.rdf, kind))) ?? under(list, make(ns.rdf, 'Bag', 'rdf'))
  const left = new Set(faces.keys())
  for (const region of items(list)) {
    const area = isFace(region) ? areaOf(region, appliedTo) : undefined
    const at = area === undefined ? undefined : same(area)
    if (at === undefined || !left.delete(at)) continue
    if (named(text(region, ns.regions, 'Name')) === faces[at].name) continue
    setText(region, 'Name', faces[at].name)
    changed = true
  }
  for (const at of left) {
    const { name, area } = faces[at]
    const region = under(bag, resource(make(ns.rdf, 'li', 'rdf')))
    under(region, make(ns.regions, 'Name', 'mwg-rs')).textContent = name
    under(region, make(ns.regions, 'Type', 'mwg-rs')).textContent = 'Face'
    const element = under(region, resource(make(ns.regions, 'Area', 'mwg-rs')))
    const parts = { x: area.x + area.width / 2, y: area.y + area.height / 2, w: area.width, h: area.height }
    for (const [part, value] of Object.entries(parts))
      under(element, make(ns.area, part, 'stArea')).textContent = String(Number(value.toFixed(6)))
    under(element, make(ns.area, 'unit', 'stArea')).textContent = 'normalized'
    changed = true
  }
  if (!changed && xml !== undefined) return xml
  return new XMLSerializer().serializeToString(document)
}

/** Gives a property of a region another text, where and how it stands. */
function setText(region: Element, name: string, value: string): void {
  for (const holder of holders(region)) {
    const attribute = holder.getAttributeNodeNS(ns.regions, name)
    if (attribute !== null) {
      holder.setAttributeNS(ns.regions, attribute.name, value)
      return
    }
  }
  const element =
    property(region, ns.regions, name) ??
    holders(region)
      .at(-1)!
      .appendChild(region.ownerDocument!.createElementNS(ns.regions, `mwg-rs:${name}`))
  element.textContent = value
}
