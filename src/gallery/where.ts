/**
 * @file A {@link Filter} as an SQL condition and its parameters.
 */
import { checkOptions, ensure } from '../base/index.ts'
import type { Filter } from './types.ts'

/**
 * The condition, with parameters numbered after those given already.
 *
 * @param params appended to
 */
export function where(context: string, filter: Filter, params: unknown[]): string {
  checkOptions(`${context} filter`, filter, ['ids', 'notIds', 'labels', 'sources', 'contents', 'below'])
  for (const [name, value] of Object.entries(filter))
    ensure(value === undefined || Array.isArray(value), `${context} filter`, `${name} must be a list`, value)
  const param = (value: unknown): string => `$${params.push(value)}`
  const conditions: string[] = []
  if (filter.ids !== undefined) conditions.push(`id = any(${param([...filter.ids])}::text[])`)
  if (filter.notIds !== undefined) conditions.push(`id <> all(${param([...filter.notIds])}::text[])`)
  if (filter.sources !== undefined) conditions.push(`source = any(${param([...filter.sources])}::text[])`)
  if (filter.contents !== undefined) conditions.push(`split_part(id, '#', 1) = any(${param([...filter.contents])}::text[])`)
  if (filter.below !== undefined)
    conditions.push(`exists (select from unnest(${param([...filter.below])}::text[]) as start where starts_with(source, start))`)
  if (filter.labels !== undefined) {
    const named = `label = any(${param(filter.labels.filter((label) => label !== null))}::text[])`
    conditions.push(filter.labels.includes(null) ? `(${named} or label is null)` : named)
  }
  return conditions.length === 0 ? 'true' : conditions.join(' and ')
}

/** Whether a filter says anything at all. */
export function isEmpty(filter: Filter): boolean {
  return Object.values(filter).every((value) => value === undefined)
}
