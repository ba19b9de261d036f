/** @file XML as far as data files use it: elements, attributes, text. No document types, no entities, no namespaces: nothing that could fetch or multiply. */
import { KindredError, limits, overLimit } from '../base/index.ts'

/** An element. */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Its own text, without that of its children. */
  readonly text: string
}

const where = (what: string, xml: string, at: number): string => `${what}, line ${xml.slice(0, at).split('\n').length}`

/**
 * Reads an XML text.
 *
 * @param what the file, for messages
 * @throws KindredError `corrupt` naming the line, `unsupported` for a document type or an entity, `limit` for elements that are too many or lie too deep in
 *   each other
 * Cost: one pass
 */
export function parseXml(xml: string, what: string): XmlElement {
  const corrupt = (at: number, expected: string, got: string) => new KindredError('corrupt', where(what, xml, at), expected, got)
  interface Open {
    readonly name: string
    readonly attributes: ReadonlyMap<string, string>
    readonly children: XmlElement[]
    readonly text: string[]
  }
  const open: Open[] = []
  let root: XmlElement | undefined
  let count = 0
  const tag = /([A-Za-z_][\w.-]*)((?:\s+[A-Za-z_][\w.-]*\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)\s*(\/?)>/y
  for (let at = 0; at < xml.length;) {
    const next = xml.indexOf('<', at)
    const text = xml.slice(at, next < 0 ? xml.length : next)
    if (text.includes('&'))
      throw new KindredError('unsupported', where(what, xml, at + text.indexOf('&')), 'the text must hold no entities', 'an &')
    if (open.length > 0) open[open.length - 1].text.push(text)
    else if (text.trim() !== '' && text.trim() !== '\uFEFF') throw corrupt(at, 'it must be XML', `${text.trim().slice(0, 40)}`)
    if (next < 0) break
    const closed = (begin: string, end: string): number | undefined => {
      if (!xml.startsWith(begin, next)) return undefined
      const to = xml.indexOf(end, next + begin.length)
      if (to < 0) throw corrupt(next, `what ${begin} begins must end with ${end}`, 'the end of the file')
      return to + end.length
    }
    const skipped = closed('<!--', '-->') ?? closed('<?', '?>')
    if (skipped !== undefined) {
      at = skipped
      continue
    }
    if (xml.startsWith('<!', next))
      throw new KindredError(
        'unsupported',
        where(what, xml, next),
        'it must have no document type, entities or marked sections',
        xml.slice(next, next + 20),
      )
    if (xml.startsWith('</', next)) {
      const to = xml.indexOf('>', next)
      const last = open.pop()
      const name = to < 0 ? '' : xml.slice(next + 2, to).trim()
      if (last === undefined || name !== last.name)
        throw corrupt(
          next,
          last === undefined ? 'no element must end that has not begun' : `<${last.name.slice(0, 40)}> must end`,
          `</${name.slice(0, 40)}>`,
        )
      const done: XmlElement = { name: last.name, attributes: last.attributes, children: last.children, text: last.text.join('') }
      if (open.length > 0) open[open.length - 1].children.push(done)
      else root = done
      at = to + 1
      continue
    }
    tag.lastIndex = next + 1
    const match = tag.exec(xml)
    if (match === null) throw corrupt(next, 'an element must begin', JSON.stringify(xml.slice(next, next + 40)))
    if (root !== undefined) throw corrupt(next, 'there must be one element around all others', `<${match[1].slice(0, 40)}> behind it`)
    if (++count > limits().entries) throw overLimit('entries', what, 'the elements')
    if (open.length >= limits().nesting) throw overLimit('nesting', where(what, xml, next), 'the elements')
    const attributes = new Map(
      [...match[2].matchAll(/([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, name, double, single]) => [name, double ?? single]),
    )
    open.push({ name: match[1], attributes, children: [], text: [] })
    at = tag.lastIndex
    if (match[3] !== '/') continue
    const { name, children } = open.pop()!
    const empty: XmlElement = { name, attributes, children, text: '' }
    if (open.length > 0) open[open.length - 1].children.push(empty)
    else root = empty
  }
  if (open.length > 0) throw corrupt(xml.length, `<${open[open.length - 1].name.slice(0, 40)}> must end`, 'the end of the file')
  if (root === undefined) throw corrupt(0, 'it must be XML', xml.slice(0, 40) || 'an empty text')
  return root
}
