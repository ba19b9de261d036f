/**
 * @file Where a gallery is: a folder, or the address of a PostgreSQL server. An address has one meaning or none: what two parsers could read in two ways is
 * refused.
 */
import { KindredError, nearestName, redact } from '../base/index.ts'

const schemes = ['postgres', 'postgresql']
/**
 * A scheme of two letters or more (one is a Windows drive) and a slash, or schemes of which any is PostgreSQL's (`jdbc:postgresql:`, `postgres:user...`), or a
 * scheme and, further on, an `@`: a password may stand before that.
 */
const addressLike = /^\s*([a-z][a-z0-9+.-]+):(?:[/\\]|\S*@|\S*:\/\/)/i
const schemeAlone = /^\s*(?:[a-z][a-z0-9+.-]+:)*(postgres(?:ql)?):/i
const where = 'gallery'

/** A gallery's place, understood. */
export type Place =
  | { readonly kind: 'folder'; readonly path: string; readonly name: string }
  /** `name` is the address as it may be shown: without its passwords. */
  | { readonly kind: 'server'; readonly url: string; readonly name: string }

/** Whether a place is meant as the address of a server rather than as a folder; it may still be one that {@link parsePlace} refuses. */
export function isAddress(place: string): boolean {
  return addressLike.test(place) || schemeAlone.test(place) || keywords.test(place)
}

/** libpq's other way of naming a server: `host=... password=...`. */
const keywords = /^\s*(host|hostaddr|port|dbname|user|password|sslmode)\s*=/

/**
 * Understands the place of a gallery.
 *
 * @param place a folder, or `postgres://user:password@host:port/database?parameter=value` (RFC 3986; the scheme may be `postgresql` and in any case)
 * @throws KindredError `usage` for an address of another scheme or one that is not percent-encoded; its message never shows the address's secrets
 */
export function parsePlace(place: string): Place {
  if (keywords.test(place))
    throw new KindredError(
      'usage',
      where,
      'place must be a folder or a postgres:// address',
      'words such as host=... password=...',
      'Write them as postgres://user:password@host:port/database.',
    )
  const scheme = (addressLike.exec(place) ?? schemeAlone.exec(place))?.[1].toLowerCase()
  if (scheme === undefined) return { kind: 'folder', path: place, name: place }
  if (!schemes.includes(scheme)) {
    const near = nearestName(scheme, schemes)
    const fix = `${near === undefined ? '' : `Did you mean ${near}://? `}If a folder of this name is meant, begin it with ./`
    throw new KindredError('usage', where, 'place must be a folder or a postgres:// address', `an address of scheme ${scheme}:`, fix)
  }
  const problem = problemOf(place)
  if (problem !== undefined) {
    const fix =
      `In names and passwords write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as %25, a space as %20; node -p ` +
      `'encodeURIComponent("p@ss")' does it.`
    throw new KindredError(
      'usage',
      where,
      'the address must be of the form postgres://user:password@host:port/database, with what else is special percent-encoded',
      problem,
      fix,
    )
  }
  return { kind: 'server', url: place, name: redact(place) }
}

/**
 * Refuses a place that {@link parsePlace} refuses, for work that uses it only in the end.
 *
 * @throws KindredError as {@link parsePlace}
 */
export function checkPlace(place: string): void {
  parsePlace(place)
}

/** What keeps an address from having one meaning, in words that show nothing of it; undefined for a good one. */
function problemOf(url: string): string | undefined {
  if (/\s/.test(url)) return 'white space in it'
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\\"'<>^`{|}]/.test(url)) return 'a character in it that an address cannot hold'
  if (/%(?![0-9a-f]{2})/i.test(url)) return 'a % without two hexadecimal digits'
  if (url.includes('#')) return 'a # in it'
  const parts = /^[^:]+:\/\/([^/?]*)(\/[^?]*)?(?:\?(.*))?$/.exec(url)
  if (parts === null) return 'no // after the scheme'
  const [, authority, path = '', query = ''] = parts
  const at = authority.split('@')
  if (at.length > 2) return '"@" more than once'
  if ((path + query).includes('@')) return '"@" after a "/" or "?"'
  const user = at.length === 2 ? at[0] : ''
  const host = at[at.length - 1]
  if (user.split(':').length > 2) return '":" more than once before the "@"'
  if (host.includes(',')) return 'several hosts, where one is possible'
  if (!/^(\[[0-9a-f:.%]+\]|[^:[\]]*)(:\d{1,5})?$/i.test(host)) return 'a host and port that are none'
  if (Number(/:(\d+)$/.exec(host)?.[1] ?? 1) > 65535) return 'a port above 65535'
  if (path.indexOf('/', 1) >= 0) return 'more than one "/" after the host'
  for (const parameter of query.split('&'))
    if (query !== '' && !/^[a-z_]+=/i.test(parameter)) return 'a parameter that is not of the form name=value'
  try {
    const database = decodeURIComponent(path.slice(1))
    for (const part of [user, host, query]) decodeURIComponent(part)
    if (/[/?:@&=+$,#;]|^\.\.?$/.test(database))
      return 'a database whose name the driver cannot pass on (it leaves / ? : @ & = + $ , # ; encoded)'
  } catch {
    return 'percent-encoded bytes that are no UTF-8'
  }
  return undefined
}
