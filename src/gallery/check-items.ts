/**
 * @file What must hold of items and queries before a database sees them.
 */
import { KindredError, ensure, show } from '../base/index.ts'
import type { Item } from './types.ts'

/** How far from 1 the norm of a unit vector may be. */
const unitTolerance = 1e-3

/** Throws unless an item is whole; `dim` and `unitNorm` are the gallery's. */
export function checkItem(context: string, item: Item, dim: number, unitNorm: boolean): void {
  ensure(isText(item.id) && item.id !== '', context, 'id must be a text that is not empty', item.id, 'Make it with itemId(bytes, index).')
  const name = `${context} ${show(item.id)}`
  ensure(isText(item.source), name, 'source must be a text without NUL', item.source)
  ensure(item.label == null || isText(item.label), name, 'label must be a text without NUL, or null', item.label)
  ensure(item.crop == null || isText(item.crop), name, 'crop must be a text without NUL, or null', item.crop)
  ensure(
    item.box == null || (item.box.length === 4 && item.box.every(Number.isFinite)),
    name,
    'box must be four numbers: x, y, width, height',
    item.box,
  )
  ensure(item.vector instanceof Float32Array, name, 'vector must be a Float32Array', item.vector)
  checkVector(name, item.vector, dim, unitNorm)
}

/**
 * Throws unless a vector has the gallery's length, finite numbers and, where the gallery wants it, norm 1.
 *
 * @throws KindredError `mismatch` for another length, `usage` for the rest
 */
export function checkVector(name: string, vector: Float32Array, dim: number, unitNorm: boolean): void {
  if (vector.length !== dim)
    throw new KindredError(
      'mismatch',
      name,
      `vectors must have the gallery's ${dim} numbers`,
      `${vector.length}`,
      'Use the model that the gallery was made with, or another gallery.',
    )
  let squares = 0
  for (let j = 0; j < dim; j++) squares += vector[j] * vector[j]
  if (!Number.isFinite(squares))
    throw new KindredError(
      'usage',
      name,
      'vectors must be finite numbers',
      show(vector.find((x) => !Number.isFinite(x))),
      'The model gave no usable embedding for this image.',
    )
  if (unitNorm && Math.abs(Math.sqrt(squares) - 1) > unitTolerance)
    throw new KindredError(
      'usage',
      name,
      'vectors must have norm 1, as this gallery was made with unitNorm',
      String(Math.sqrt(squares)),
      'Divide each by its norm.',
    )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}
