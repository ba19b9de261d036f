import { expect, test } from 'vitest'
import { foldedTable } from './html.ts'

const options = { label: 'People', what: 'people', rest: 'report.json' }
const rows = (n: number) => Array.from({ length: n }, (_, i) => [`p${i + 1}`])

test('a few rows stand open', () => {
  const { html } = foldedTable(['Person'], rows(16), options)
  expect(html).not.toContain('<details>')
  expect(html.match(/<tr>/g)).toHaveLength(17)
})

test('of many rows the first stand open, the others are folded, and what is left out is counted', () => {
  const { html } = foldedTable(['Person'], rows(1680), options)
  expect(html.indexOf('p12<')).toBeLessThan(html.indexOf('<details>'))
  expect(html.indexOf('p13<')).toBeGreaterThan(html.indexOf('<details>'))
  expect(html).toContain('188 more people')
  expect(html).toContain('… and 1,480 more in report.json.')
  expect(html).not.toContain('p201<')
  expect(foldedTable(['Person'], rows(200), options).html).not.toContain('… and')
})
