/**
 * @file What every gallery must do, whichever PostgreSQL holds it: run by gallery-embedded.test.ts (PGlite) and gallery-server.test.ts (a server).
 */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { rng } from '../src/base/index.ts'
import { recipeHash } from '../src/recipe/index.ts'
import { itemId, openGallery, type Filter, type Gallery, type GalleryOptions, type Item } from '../src/gallery/index.ts'
import { recipe } from './gallery-items.ts'

/** n items of `dim` coordinates from a seed; person i % people, two faces a photo. */
export function someItems(n: number, dim: number, seed: number, people = 5): Item[] {
  const r = rng(seed)
  return Array.from({ length: n }, (_, i) => ({
    id: itemId(`hash${seed}-${i >> 1}`, i & 1),
    source: `photos/été ${i >> 1} 照片.jpg`,
    label: i % people === 4 ? null : `person ${i % people}`,
    crop: i % 3 === 0 ? null : `crops/${i}.png`,
    box: i % 2 === 0 ? [i, 2.5, 30, 40] : null,
    meta: { score: i / 8, note: 'a "quoted", {braced} \\ text' },
    vector: Float32Array.from({ length: dim }, () => r.normal()),
  }))
}

/** Brute force in the plainest way: float64, ties in the order of adding. */
export function bruteForce(items: Item[], query: Float32Array, k: number): { id: string; distance: number }[] {
  return items
    .map(({ id, vector }, i) => ({ id, i, distance: Math.sqrt(vector.reduce((sum, x, j) => sum + (query[j] - x) ** 2, 0)) }))
    .sort((a, b) => a.distance - b.distance || a.i - b.i)
    .slice(0, k)
    .map(({ id, distance }) => ({ id, distance }))
}

/** The tests, for galleries that `place` names: a new empty one whenever asked. */
export function gallerySuite(name: string, place: () => Promise<{ place: string; schema?: string }>): void {
  describe(name, () => {
    let gallery: Gallery
    let where: { place: string; schema?: string }
    const open = (options: GalleryOptions = {}): Promise<Gallery> =>
      openGallery(where.place, { ...(where.schema === undefined ? {} : { schema: where.schema }), ...options })
    const message = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => 'no error',
        (error: Error) => error.message,
      )

    beforeAll(async () => {
      where = await place()
      gallery = await open({ recipe })
    })
    beforeEach(async () => {
      await gallery.delete({ all: true })
    })
    afterAll(() => gallery?.close())

    it('knows nothing of an empty gallery, and fixes the length with the first item', async () => {
      expect(await gallery.count()).toBe(0)
      expect(await gallery.labels()).toEqual([])
      if (gallery.dim === null)
        expect(await gallery.search(Float32Array.of(1, 2), 3, { threshold: 1 })).toEqual([{ known: false, neighbours: [], nearest: null }])
      await gallery.add(someItems(1, 8, 1))
      expect(gallery.dim).toBe(8)
      await gallery.delete({ all: true })
      for (const method of ['exact', 'sql'] as const)
        expect(await gallery.search(new Float32Array(16), 3, { threshold: 1, method })).toEqual(
          Array(2).fill({ known: false, neighbours: [], nearest: null }),
        )
    })

    it('gives back items as they came, bit by bit', async () => {
      const items = someItems(7, 8, 2)
      items[3].vector.set([1e-40, -0, 3e38, 0.1, 1 / 3, -1e-30, 7, 8])
      expect(await gallery.add(items)).toEqual({ added: 7, skipped: 0 })
      const stored = []
      for await (const item of gallery.items({}, { batch: 3 })) stored.push(item)
      expect(stored).toEqual(items.map((item) => ({ ...item, recipe: recipeHash(recipe) })))
      const batches = []
      for await (const batch of gallery.vectors({ labels: ['person 1', null] }, { batch: 2 })) batches.push(batch)
      expect(batches.map(({ ids, labels, sources, dim }) => ({ ids, labels, sources, dim }))).toEqual([
        { ids: [items[1].id, items[4].id], labels: ['person 1', null], sources: [items[1].source, items[4].source], dim: 8 },
        { ids: [items[6].id], labels: ['person 1'], sources: [items[6].source], dim: 8 },
      ])
      expect(batches[0].points).toEqual(Float32Array.of(...items[1].vector, ...items[4].vector))
    })

    it('adds each content once', async () => {
      const items = someItems(50, 8, 3)
      expect(await gallery.add([...items, ...items.slice(0, 10)], { batch: 7 })).toEqual({ added: 50, skipped: 10 })
      expect(await gallery.add(items)).toEqual({ added: 0, skipped: 50 })
      const more = someItems(60, 8, 3)
      const seen: number[] = []
      expect(await gallery.add(more, { batch: 25, acknowledge: ({ added, skipped }) => seen.push(added, skipped) })).toEqual({
        added: 10,
        skipped: 50,
      })
      expect(seen).toEqual([0, 25, 0, 50, 10, 50])
      expect(await gallery.count()).toBe(60)
    })

    it('searches as brute force does, before and after additions and deletions (exact and sql)', async () => {
      const all = someItems(300, 8, 4)
      const queries = someItems(12, 8, 5).map((item) => item.vector)
      const flat = Float32Array.from(queries.flatMap((query) => [...query]))
      const check = async (items: Item[], k: number): Promise<void> => {
        const expected = queries.map((query) => bruteForce(items, query, k))
        for (const method of ['exact', 'sql'] as const) {
          const found = await gallery.search(flat, k, { method })
          expect(found.map(({ neighbours }) => neighbours.map(({ id, distance }) => ({ id, distance })))).toEqual(expected)
          expect(found.map(({ known, nearest }) => [known, nearest?.id])).toEqual(expected.map((list) => [null, list[0].id]))
        }
      }
      await gallery.add(all.slice(0, 100))
      await check(all.slice(0, 100), 10)
      await gallery.add(all.slice(100))
      await check(all, 10)
      const gone = all.filter((_, i) => i % 3 === 0).map((item) => item.id)
      expect(await gallery.delete({ ids: gone })).toBe(100)
      const left = all.filter((item) => !gone.includes(item.id))
      await check(left, 10)
      await check(left, 1000)
    })

    it('keeps an addition, a deletion and a relabelling apart when all come before the next search', async () => {
      const all = someItems(40, 8, 6)
      await gallery.add(all.slice(0, 20))
      await gallery.search(all[0].vector, 1)
      await gallery.add(all.slice(20))
      await gallery.delete({ ids: [all[3].id, all[30].id] })
      await gallery.relabel({ ids: [all[4].id, all[31].id] }, 'renamed')
      const [{ neighbours }] = await gallery.search(all[0].vector, 100)
      const expected = bruteForce(
        all.filter((_, i) => i !== 3 && i !== 30),
        all[0].vector,
        100,
      ).map(({ id }) => id)
      expect(neighbours.map(({ id }) => id)).toEqual(expected)
      expect(
        neighbours
          .filter(({ label }) => label === 'renamed')
          .map(({ id }) => id)
          .sort(),
      ).toEqual([all[4].id, all[31].id].sort())
    })

    it('never finds what was deleted, whatever was added, deleted and relabelled before (property)', async () => {
      const pool = someItems(60, 8, 7)
      const index = fc.integer({ min: 0, max: pool.length - 1 })
      const action = fc.oneof(
        fc.record({ do: fc.constant('add' as const), which: fc.uniqueArray(index, { maxLength: 20 }) }),
        fc.record({ do: fc.constant('delete' as const), which: fc.uniqueArray(index, { minLength: 1, maxLength: 8 }) }),
        fc.record({ do: fc.constant('relabel' as const), which: fc.uniqueArray(index, { minLength: 1, maxLength: 8 }) }),
        fc.record({ do: fc.constant('put' as const), which: fc.uniqueArray(index, { minLength: 1, maxLength: 20 }) }),
        fc.record({ do: fc.constant('search' as const), which: fc.uniqueArray(index, { minLength: 1, maxLength: 2 }) }),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 3, maxLength: 12 }), async (actions) => {
          await gallery.delete({ all: true })
          let held: Item[] = []
          for (const { do: what, which } of [...actions, { do: 'search' as const, which: [0] }]) {
            const chosen = which.map((i) => pool[i])
            const ids = chosen.map(({ id }) => id)
            if (what === 'add') {
              const fresh = chosen.filter(({ id }) => !held.some((item) => item.id === id))
              expect(await gallery.add(chosen)).toEqual({ added: fresh.length, skipped: chosen.length - fresh.length })
              held.push(...fresh)
            } else if (what === 'delete') {
              expect(await gallery.delete({ ids })).toBe(held.filter(({ id }) => ids.includes(id)).length)
              held = held.filter(({ id }) => !ids.includes(id))
            } else if (what === 'put') {
              const put = chosen.map((item, i) => ({ ...item, label: `put ${which[i] % 3}`, source: `put ${actions.length}` }))
              const { added, unchanged } = await gallery.put(put)
              expect(added).toBe(put.filter(({ id }) => !held.some((item) => item.id === id)).length)
              expect(unchanged).toBe(
                put.filter((item) => held.some((h) => h.id === item.id && h.label === item.label && h.source === item.source)).length,
              )
              held = [
                ...held.map((item) => put.find(({ id }) => id === item.id) ?? item),
                ...put.filter(({ id }) => !held.some((item) => item.id === id)),
              ]
            } else if (what === 'relabel') {
              await gallery.relabel({ ids }, 'new')
              held = held.map((item) => (ids.includes(item.id) ? { ...item, label: 'new' } : item))
            } else {
              const [{ neighbours }] = await gallery.search(chosen[0].vector, 100)
              expect(neighbours.map(({ id, distance }) => ({ id, distance }))).toEqual(bruteForce(held, chosen[0].vector, 100))
              for (const { id, label, source } of neighbours)
                expect({ label, source }).toEqual({ label, source: held.find((item) => item.id === id && item.label === label)?.source })
            }
          }
        }),
        { numRuns: 15, seed: 1 },
      )
    })

    it('searches within a filter', async () => {
      const items = someItems(100, 8, 8)
      await gallery.add(items)
      const filters: [Filter, (item: Item) => boolean][] = [
        [{ labels: ['person 1', null] }, ({ label }) => label === 'person 1' || label === null],
        [{ notIds: items.slice(0, 60).map(({ id }) => id) }, (item) => items.indexOf(item) >= 60],
        [
          { labels: ['person 2'], notIds: [items[2].id], sources: items.slice(0, 30).map(({ source }) => source) },
          (item) => item.label === 'person 2' && item !== items[2] && items.indexOf(item) < 30,
        ],
        [{ ids: [items[5].id, 'nobody'] }, (item) => item === items[5]],
        [{ labels: [] }, () => false],
      ]
      await gallery.index()
      for (const [filter, holds] of filters) {
        const expected = bruteForce(items.filter(holds), items[2].vector, 200).map(({ id }) => id)
        for (const method of ['exact', 'sql', 'hnsw'] as const) {
          const [{ neighbours }] = await gallery.search(items[2].vector, 200, { filter, method })
          expect(
            neighbours.map(({ id }) => id),
            `${method} ${JSON.stringify(filter).slice(0, 40)}`,
          ).toEqual(expected)
        }
        expect(await gallery.count(filter)).toBe(expected.length)
      }
      expect(await message(gallery.search(items[0].vector, 1, { filter: { label: ['x'] } as Filter }))).toMatch(
        /among ids, notIds, labels, sources, contents, below, got "label"\. Did you mean "labels"\?/,
      )
    })

    it('says "nobody you know" beyond the threshold, and who would have been nearest', async () => {
      await gallery.add([
        { id: 'near', source: 'a.jpg', label: 'Ada', vector: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) },
        { id: 'far', source: 'b.jpg', label: 'Bob', vector: Float32Array.of(0, 3, 0, 0, 0, 0, 0, 0) },
      ])
      const query = new Float32Array(16)
      query[8] = 9
      for (const method of ['exact', 'sql'] as const) {
        const [first, second] = await gallery.search(query, 5, { threshold: 1, method })
        expect(first).toEqual({
          known: true,
          neighbours: [{ id: 'near', label: 'Ada', source: 'a.jpg', distance: 1 }],
          nearest: { id: 'near', label: 'Ada', source: 'a.jpg', distance: 1 },
        })
        expect(second).toEqual({ known: false, neighbours: [], nearest: { id: 'near', label: 'Ada', source: 'a.jpg', distance: 8 } })
      }
    })

    it('finds nearly all neighbours by the HNSW graph, also of what came later', async () => {
      const items = someItems(1000, 8, 9)
      await gallery.add(items.slice(0, 700))
      await gallery.index({ m: 12, efConstruction: 80 })
      await gallery.add(items.slice(700))
      const queries = Float32Array.from(someItems(50, 8, 10).flatMap(({ vector }) => [...vector]))
      const exact = await gallery.search(queries, 10)
      const near = await gallery.search(queries, 10, { method: 'hnsw', efSearch: 100 })
      let hits = 0
      near.forEach(({ neighbours }, i) => {
        expect(neighbours).toHaveLength(10)
        const distances = new Map(exact[i].neighbours.map(({ id, distance }) => [id, distance]))
        for (const { id, distance } of neighbours) if (distances.has(id)) hits += Number(distances.get(id) === distance)
      })
      expect(hits / 500).toBeGreaterThanOrEqual(0.98)
      const narrow = await gallery.search(queries, 10, { method: 'hnsw', efSearch: 10 })
      const narrowHits = narrow.flatMap(({ neighbours }, i) =>
        neighbours.filter(({ id }) => exact[i].neighbours.some((other) => other.id === id)),
      ).length
      expect(narrowHits).toBeLessThan(500) // the graph did answer: brute force would have found them all
      expect(narrowHits).toBeGreaterThan(350)
    })

    it('relabels and deletes by filter, and refuses to do either to everything by accident', async () => {
      const items = someItems(20, 8, 11)
      await gallery.add(items)
      expect(await gallery.labels()).toEqual(
        [0, 1, 2, 3].map((i) => ({ label: `person ${i}`, count: 4 })).concat([{ label: null as unknown as string, count: 4 }]),
      )
      expect(await gallery.relabel({ labels: ['person 1'] }, 'Zoë')).toBe(4)
      expect(await gallery.relabel([items[0].id, items[2].id], 'Zoë')).toBe(2)
      expect(await gallery.relabel({ labels: ['person 3'] }, null)).toBe(4)
      expect(await gallery.delete({ sources: [items[0].source] })).toBe(2)
      expect(await gallery.labels()).toEqual(
        [
          { label: 'Zoë', count: 4 },
          { label: 'person 0', count: 3 },
          { label: 'person 2', count: 3 },
          { label: null, count: 8 },
        ].sort((a, b) => (a.label === null ? 1 : b.label === null ? -1 : a.label < b.label ? -1 : 1)),
      )
      for (const work of [gallery.delete({}), gallery.relabel({}, 'x'), gallery.delete({ ids: undefined })])
        expect(await message(work)).toMatch(/the filter must say which items, got "?{}"?\. Pass \{ all: true \}/)
      expect(await gallery.count()).toBe(18)
    })

    it('puts items: what is new is added, what has changed is brought up to date, each counted once', async () => {
      const items = someItems(12, 8, 21)
      expect(await gallery.put(items, { batch: 5 })).toEqual({ added: 12, renamed: 0, moved: 0, updated: 0, unchanged: 0 })
      expect(await gallery.put(items)).toEqual({ added: 0, renamed: 0, moved: 0, updated: 0, unchanged: 12 })
      await gallery.search(items[0].vector, 1) // from now on there is a copy in memory
      const now = items.map((item) => ({ ...item }))
      now[0] = { ...now[0], label: 'Zoë', source: 'new/0.jpg' }
      now[1] = { ...now[1], label: null }
      now[2] = { ...now[2], source: 'new/2.jpg' }
      now[3] = { ...now[3], box: [1, 2, 3, 4], meta: { face: 1 } }
      now[4] = { ...now[4], vector: Float32Array.from(now[4].vector, (x) => -x) }
      now[5] = { ...now[5], crop: 'crops/other.png' }
      const [more] = someItems(1, 8, 22)
      const seen: number[] = []
      const counts = { added: 1, renamed: 2, moved: 1, updated: 2, unchanged: 8 }
      expect(await gallery.put([...now, more, more], { acknowledge: ({ renamed }) => seen.push(renamed) })).toEqual(counts)
      expect(seen).toEqual([2])
      const stored = []
      for await (const item of gallery.items()) stored.push(item)
      expect(stored).toEqual([...now, more].map((item) => ({ ...item, recipe: recipeHash(recipe) })))
      const entries = []
      for await (const entry of gallery.entries({}, { batch: 5 })) entries.push(entry)
      expect(entries).toEqual(stored.map(({ vector: _, ...entry }) => entry))
      for (const method of ['exact', 'sql'] as const) {
        const [{ neighbours }] = await gallery.search(now[4].vector, 20, { method })
        expect(neighbours.map(({ id, distance }) => ({ id, distance }))).toEqual(bruteForce([...now, more], now[4].vector, 20))
        for (const { id, label, source } of neighbours)
          expect([...now, more]).toContainEqual(expect.objectContaining({ id, label, source }))
      }
      expect(await message(gallery.put([{ ...now[0], recipe: { ...recipe, model: 'ffff' } }]))).toMatch(/which differs in model/)
      expect(await message(gallery.put([{ ...now[0], vector: new Float32Array(9) }]))).toMatch(/the gallery's 8 numbers, got 9/)
      expect(await gallery.put(now)).toMatchObject({ added: 0, unchanged: 12 })
    })

    it('finds items by content and by folder', async () => {
      const items = someItems(20, 8, 23).map((item, i) => ({ ...item, source: `/${i % 3 === 0 ? 'a%_' : 'a'}/${i}.jpg` }))
      await gallery.add(items)
      await gallery.index()
      const ids = async (filter: Filter) => {
        const found = []
        for await (const { id } of gallery.entries(filter)) found.push(id)
        const [{ neighbours }] = await gallery.search(items[0].vector, 50, { filter })
        expect(neighbours.map((n) => n.id).sort()).toEqual([...found].sort())
        return found
      }
      expect(await ids({ contents: ['hash23-1', 'hash23-7', 'nothing'] })).toEqual([2, 3, 14, 15].map((i) => items[i].id))
      expect(await ids({ below: ['/a%_/'] })).toEqual(items.filter((_, i) => i % 3 === 0).map(({ id }) => id))
      expect(await ids({ below: ['/a%_/1', '/b/'] })).toEqual([12, 15, 18].map((i) => items[i].id))
      expect(await ids({ below: [] })).toEqual([])
    })

    it('refuses vectors of another recipe and names both', async () => {
      const [item] = someItems(1, 8, 12)
      const other = { ...recipe, model: 'ffff' }
      const both =
        /made by the recipe \[model a1b2; .* \([0-9a-f]{12}\)\], got \[model ffff; .* \([0-9a-f]{12}\)\], which differs in model\./
      expect(await message(gallery.add([{ ...item, recipe: other }]))).toMatch(both)
      await gallery.add([item])
      expect(await message(gallery.search(item.vector, 1, { recipe: other }))).toMatch(both)
      expect(await message(gallery.search(item.vector, 1, { recipe: recipeHash(other) }))).toContain(recipeHash(other).slice(0, 12))
      expect(
        (await gallery.search(item.vector, 1, { recipe: Object.fromEntries(Object.entries(recipe).reverse()) }))[0].neighbours,
      ).toHaveLength(1)
      expect(await gallery.recipes()).toEqual([{ hash: recipeHash(recipe), recipe, count: 1 }])
      expect(gallery.recipe).toEqual(recipe)
    })

    it('refuses what is not whole, and then keeps nothing of the batch', async () => {
      const items = someItems(4, 8, 13)
      await gallery.add(items.slice(0, 1))
      const bad = (change: Partial<Item>): Promise<string> => message(gallery.add([items[1], { ...items[2], ...change }]))
      expect(await bad({ vector: new Float32Array(9) })).toMatch(/must have the gallery's 8 numbers, got 9/)
      expect(await bad({ vector: new Float32Array(8).fill(NaN) })).toMatch(/must be finite numbers, got NaN/)
      expect(await bad({ vector: [1, 2] as unknown as Float32Array })).toMatch(/must be a Float32Array/)
      expect(await bad({ id: '' })).toMatch(/id must be a text that is not empty/)
      expect(await bad({ source: 'a\0b' })).toMatch(/without NUL/)
      expect(await bad({ box: [1, 2, 3] })).toMatch(/four numbers/)
      expect(await message(gallery.search(new Float32Array(9), 1))).toMatch(/the gallery's 8 numbers each, got 9 in all/)
      expect(await message(gallery.search(new Float32Array(8), 0))).toMatch(/k must be/)
      expect(await message(gallery.search(new Float32Array(8), 1, { method: 'hnws' as 'hnsw' }))).toMatch(/Did you mean "hnsw"/)
      expect(await gallery.count()).toBe(1)
    })

    it('stops between transactions and goes on where it stopped', async () => {
      const items = someItems(30, 8, 14)
      const stop = new AbortController()
      const work = gallery.add(items, { batch: 10, signal: stop.signal, acknowledge: ({ added }) => added === 20 && stop.abort() })
      expect(await message(work)).toMatch(/got a stop after 20 items/)
      expect(await gallery.add(items)).toEqual({ added: 10, skipped: 20 })
    })

    it('is the same after it was closed and opened, and insists on what it was made with', async () => {
      const items = someItems(10, 8, 15)
      await gallery.add(items)
      const before = await gallery.search(items[0].vector, 5)
      await gallery.close()
      await gallery.close()
      expect(await message(gallery.count())).toMatch(/the gallery must be open, got "a closed one"/)
      expect(await message(open({ recipe: { model: 'ffff' } }))).toMatch(/got \[model ffff \([0-9a-f]{12}\)\], which differs in/)
      expect(await message(open({ dim: 9 }))).toMatch(/the gallery's 8 numbers, got 9/)
      expect(await message(open({ unitNorm: true }))).toMatch(/unitNorm must be false/)
      expect(await message(open({ recpie: recipe } as GalleryOptions))).toMatch(/Did you mean "recipe"/)
      gallery = await open({ create: false })
      expect(gallery.recipe).toEqual(recipe)
      expect(gallery.dim).toBe(8)
      expect(await gallery.search(items[0].vector, 5)).toEqual(before)
    })
  })
}
