/** @file Joins the many boxes a sliding window gives for one face, exactly as OpenCV's `groupRectangles`. */
import { roundEven, type Box } from '../images/index.ts'

/** Boxes that were joined, and how many. */
export interface GroupedBox extends Box {
  readonly neighbours: number
}

const eps = 0.2

/**
 * Clusters boxes whose sides all lie within eps (min widths + min heights) / 2 of each other (transitively), keeps clusters of more than
 * `minNeighbours`, averages them, and drops one that lies inside another that has more than max(3, its own) members.
 *
 * @param boxes whole numbers
 * @param minNeighbours 0 returns the boxes as they are
 * cost: O(n^2) for n boxes
 * source: OpenCV 4.12, modules/objdetect/src/cascadedetect.cpp, `groupRectangles`, eps 0.2
 */
export function groupRectangles(boxes: readonly Box[], minNeighbours: number): GroupedBox[] {
  if (minNeighbours <= 0) return boxes.map((b) => ({ ...b, neighbours: 1 }))
  const groups = clusters(boxes)
    .filter((members) => members.length > minNeighbours)
    .map((members): GroupedBox => {
      const share = Math.fround(1 / members.length)
      const mean = (side: keyof Box) => roundEven(Math.fround(members.reduce((s, b) => s + b[side], 0) * share))
      return { x: mean('x'), y: mean('y'), width: mean('width'), height: mean('height'), neighbours: members.length }
    })
  return groups.filter(
    (a) => !groups.some((b) => b !== a && inside(a, b) && (b.neighbours > Math.max(3, a.neighbours) || a.neighbours < 3)),
  )
}

function inside(a: Box, b: Box): boolean {
  const dx = roundEven(b.width * eps)
  const dy = roundEven(b.height * eps)
  return a.x >= b.x - dx && a.y >= b.y - dy && a.x + a.width <= b.x + b.width + dx && a.y + a.height <= b.y + b.height + dy
}

function similar(a: Box, b: Box): boolean {
  const delta = eps * (Math.min(a.width, b.width) + Math.min(a.height, b.height)) * 0.5
  return (
    Math.abs(a.x - b.x) <= delta &&
    Math.abs(a.y - b.y) <= delta &&
    Math.abs(a.x + a.width - b.x - b.width) <= delta &&
    Math.abs(a.y + a.height - b.y - b.height) <= delta
  )
}

/** Connected components of `similar`, in order of their first member. */
function clusters(boxes: readonly Box[]): Box[][] {
  const parent = Int32Array.from(boxes, (_, i) => i)
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i] = parent[parent[i]]
    return i
  }
  for (let i = 0; i < boxes.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [root(i), root(j)]
      if (a !== b && similar(boxes[i], boxes[j])) parent[Math.max(a, b)] = Math.min(a, b)
    }
  }
  const found = new Map<number, Box[]>()
  boxes.forEach((box, i) => {
    const r = root(i)
    const list = found.get(r)
    if (list === undefined) found.set(r, [box])
    else list.push(box)
  })
  return [...found.values()]
}
