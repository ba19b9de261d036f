/**
 * @file A gallery: images, their labels and their embeddings, kept in PostgreSQL with pgvector and searched by Euclidean distance.
 *
 * Every vector is stamped with the recipe that made it. One gallery has one recipe: vectors of another are refused by name, as distances between them mean
 * nothing.
 */
import { KindredError, checkChoice, checkOptions, ensure, stopIfAborted, type Progress } from '../base/index.ts'
import { checkItem, checkVector } from './check-items.ts'
import type { Database, Query } from './database.ts'
import { follow, readVersions, type Versions } from './follow.ts'
import { buildHnsw } from './hnsw.ts'
import type { Mirror } from './mirror.ts'
import type { Recipe } from '../recipe/index.ts'
import { allowedRows, answer, searchDatabase, type Hit } from './search.ts'
import { adopt, assertOwnRecipe, jsonObject, readState, type State } from './settle.ts'
import type {
  AddOptions,
  Filter,
  Found,
  IndexOptions,
  Item,
  ItemEntry,
  Json,
  PutCounts,
  PutOptions,
  SearchOptions,
  StoredItem,
  VectorBatch,
} from './types.ts'
import { decodeVectors, encodeVectors } from './vector-bytes.ts'
import { isEmpty, where } from './where.ts'
import { insertItems, updateItems, type ChangedItem } from './write-items.ts'
import { ensureAll, recordWhole } from './whole.ts'

/** Queries that pass over the vectors together, before other work gets a turn. */
const queryGroup = 32
/** What a changed item writes at most: its row and, after a checkpoint, a whole page of each index. */
const bytesPerChange = 64 * 1024

/** An open gallery; made by `openGallery`. */
export class Gallery {
  /** The folder, or the address without its passwords. */
  readonly place: string
  readonly #database: Database
  readonly #vectorType: number
  readonly #progress: Progress
  #state: State
  #mirror: Mirror | undefined
  /** What was last known of the versions; with an exclusive database, what they are. */
  #versions: Versions | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(place: string, database: Database, state: State, vectorType: number, progress: Progress) {
    this.place = place
    this.#database = database
    this.#state = state
    this.#vectorType = vectorType
    this.#progress = progress
  }

  /** How its vectors are made; null until the first recipe is given. */
  get recipe(): Recipe | null {
    return this.#state.recipe
  }

  /** Length of its vectors; null until it is known. */
  get dim(): number | null {
    return this.#state.dim
  }

  /** Whether every vector must have norm 1. */
  get unitNorm(): boolean {
    return this.#state.unitNorm
  }

  /**
   * Adds items; those whose id is there already are skipped, so that running again does only what is new.
   *
   * Each batch is one transaction: when `acknowledge` is called, or the promise fulfilled, its items outlive the process. After an error the batches before
   * it stay.
   * @throws KindredError `mismatch` for a vector of another recipe or length, `usage` for an item that is not whole, `interrupted` by the signal, `io` for a
   *   full disk
   * Cost: about 50 microseconds an item of 128 numbers; several times that with an HNSW index in place
   */
  async add(items: Iterable<Item> | AsyncIterable<Item>, options: AddOptions = {}): Promise<{ added: number; skipped: number }> {
    checkOptions('gallery add', options, ['batch', 'acknowledge', 'signal'])
    const { acknowledge, ...rest } = options
    const sofar = { added: 0, skipped: 0 }
    await this.#inBatches('gallery add', items, rest, async (some) => {
      const added = await this.#addBatch(some)
      sofar.added += added
      sofar.skipped += some.length - added
      acknowledge?.({ ...sofar })
    })
    return sofar
  }

  /** Does something with all items, some at a time. */
  async #inBatches(
    context: string,
    items: Iterable<Item> | AsyncIterable<Item>,
    { batch = 1000, signal }: { batch?: number; signal?: AbortSignal },
    work: (some: Item[]) => Promise<void>,
  ): Promise<void> {
    ensure(Number.isInteger(batch) && batch >= 1, context, 'batch must be a whole number >= 1', batch)
    const task = Array.isArray(items) ? this.#progress.start('adding to the gallery', items.length, 'item') : undefined
    let done = 0
    const flush = async (some: Item[]): Promise<void> => {
      stopIfAborted(signal, context, `a stop after ${done} items`, 'Add again: what is there already is skipped.')
      await work(some)
      task?.update((done += some.length))
    }
    let waiting: Item[] = []
    try {
      for await (const item of items) {
        waiting.push(item)
        if (waiting.length < batch) continue
        await flush(waiting)
        waiting = []
      }
      if (waiting.length > 0) await flush(waiting)
    } finally {
      task?.end()
    }
  }

  async #addBatch(items: Item[]): Promise<number> {
    const dim = this.#state.dim ?? items[0].vector?.length
    for (const item of items) checkItem('gallery add', item, dim, this.#state.unitNorm)
    this.#database.reserve(items.length * (bytesPerChange + 16 * dim))
    return this.#write(async (query, version) => {
      let state = this.#state
      if (state.hash === null || state.dim === null) state = await readState(query) // another client may have come first
      for (const recipe of new Set(items.map((item) => item.recipe))) state = await adopt(query, 'gallery add', state, recipe, dim)
      ensure(
        state.hash !== null,
        'gallery add',
        'a gallery must know the recipe of its vectors',
        'none',
        "Open it with { recipe }, such as { model: 'hash of the model' }, or stamp the items.",
      )
      const added = await insertItems(query, items, { dim, vectorType: this.#vectorType, recipe: state.hash, version })
      return { result: added, change: added, after: () => void (this.#state = state) }
    })
  }

  /**
   * Adds items that are new, and brings those whose id is there already up to date: label, source, crop, box, meta and vector.
   *
   * Each batch is one transaction for what is new and one for what has changed, safe as those of {@link add}.
   * @throws KindredError as {@link add}
   * Cost: as {@link add}; nothing is written of items that are as they were
   */
  async put(items: Iterable<Item> | AsyncIterable<Item>, options: PutOptions = {}): Promise<PutCounts> {
    checkOptions('gallery put', options, ['batch', 'acknowledge', 'signal'])
    const { acknowledge, ...rest } = options
    const sofar: PutCounts = { added: 0, renamed: 0, moved: 0, updated: 0, unchanged: 0 }
    await this.#inBatches('gallery put', items, rest, async (some) => {
      const first = [...new Map(some.toReversed().map((item) => [item.id, item])).values()].reverse() // of two of one id the first counts
      const added = await this.#addBatch(first)
      const { renamed, moved, updated } = added === first.length ? { renamed: 0, moved: 0, updated: 0 } : await this.#updateBatch(first)
      sofar.added += added
      sofar.renamed += renamed
      sofar.moved += moved
      sofar.updated += updated
      sofar.unchanged += some.length - added - renamed - moved - updated
      acknowledge?.({ ...sofar })
    })
    return sofar
  }

  async #updateBatch(items: Item[]): Promise<Pick<PutCounts, 'renamed' | 'moved' | 'updated'>> {
    const dim = this.#state.dim!
    this.#database.reserve(items.length * (bytesPerChange + 16 * dim))
    return this.#write(async (query, version) => {
      const changed = await updateItems(query, items, { dim, vectorType: this.#vectorType })
      if (changed.length > 0) await query(`update gallery set rewritten = version`)
      const rows = new Map(changed.map((row) => [row.ord, row]))
      const follow = (mirror: Mirror): void => {
        for (const row of mirror.rows) {
          const now = rows.get(row.ord)
          if (now !== undefined) Object.assign(row, { label: now.label, source: now.source })
        }
      }
      const count = (holds: (row: ChangedItem) => boolean): number => changed.filter(holds).length
      return {
        result: {
          renamed: count((row) => row.renamed),
          moved: count((row) => row.moved && !row.renamed),
          updated: count((row) => (row.other || row.vector) && !row.moved && !row.renamed),
        },
        change: 0,
        after: () => {
          if (changed.some((row) => row.vector))
            this.#mirror = undefined // its vectors are read again
          else this.#change(version, changed.length > 0, follow)
        },
      }
    })
  }

  /**
   * Deletes the items of a filter.
   *
   * @param filter `{ all: true }` for every item; an empty filter is an error
   * @returns how many
   */
  async delete(filter: Filter | { all: true }): Promise<number> {
    const params: unknown[] = []
    const condition = this.#conditionOfChange('gallery delete', filter, params)
    return this.#write(async (query, version) => {
      await this.#reserveFor(query, condition, params)
      const gone = await query<{ ord: number }>(`delete from items where ${condition} returning ord::float8 as ord`, params)
      if (gone.length > 0) await query(`update gallery set rewritten = version`)
      const ords = new Set(gone.map((row) => row.ord))
      return {
        result: gone.length,
        change: -gone.length,
        after: () => this.#change(version, gone.length > 0, (mirror) => mirror.remove((row) => ords.has(row.ord))),
      }
    })
  }

  /**
   * Gives the items of a filter another label.
   *
   * @param filter a filter that says something, or a list of ids
   * @param label  null takes the label away
   * @returns how many items the filter holds
   */
  async relabel(filter: Filter | readonly string[] | { all: true }, label: string | null): Promise<number> {
    ensure(
      label === null || (typeof label === 'string' && !label.includes('\0')),
      'gallery relabel',
      'label must be a text, or null for none',
      label,
    )
    const params: unknown[] = []
    const condition = this.#conditionOfChange(
      'gallery relabel',
      Array.isArray(filter) ? { ids: filter as string[] } : (filter as Filter),
      params,
    )
    return this.#write(async (query, version) => {
      await this.#reserveFor(query, condition, params)
      const changed = await query<{ ord: number }>(
        `update items set label = $${params.length + 1}::text where ${condition} returning ord::float8 as ord`,
        [...params, label],
      )
      if (changed.length > 0) await query(`update gallery set rewritten = version`)
      const ords = new Set(changed.map((row) => row.ord))
      const rename = (mirror: Mirror): void => {
        for (const row of mirror.rows) if (ords.has(row.ord)) row.label = label
      }
      return { result: changed.length, change: 0, after: () => this.#change(version, changed.length > 0, rename) }
    })
  }

  /**
   * The nearest items to each query, by Euclidean distance |q - x|.
   *
   * @param vectors m x dim numbers, one query after the other
   * @param k       how many neighbours, at least 1
   * @returns one answer a query; with a threshold, `known: false` and no neighbours where nothing lies within it
   * @throws KindredError `mismatch` for another recipe or length, `usage` for `hnsw` without {@link index}
   * Cost at 100,000 x 128: exact about 2 ms a query (the first loads the vectors into memory, dim x 5 bytes an item); `hnsw` a few ms at any size; `sql` some
   * 100 ms. All three report the same distances for the same items; `exact` and `sql` the same items (but for ties within float32 rounding), `hnsw` nearly
   */
  async search(vectors: Float32Array, k: number, options: SearchOptions = {}): Promise<Found[]> {
    const context = 'gallery search'
    checkOptions(context, options, ['threshold', 'filter', 'recipe', 'method', 'efSearch'])
    const { threshold, filter = {}, recipe, method = 'exact', efSearch = 100 } = options
    checkChoice(context, 'method', method, ['exact', 'sql', 'hnsw'])
    ensure(Number.isInteger(k) && k >= 1, context, 'k must be a whole number >= 1', k)
    ensure(threshold === undefined || threshold >= 0, context, 'threshold must be a distance >= 0', threshold)
    ensure(
      Number.isInteger(efSearch) && efSearch >= 1 && efSearch <= 1000,
      context,
      'efSearch must be a whole number from 1 to 1000',
      efSearch,
    )
    ensure(vectors instanceof Float32Array, context, 'vectors must be a Float32Array', vectors)
    where(context, filter, [])
    this.#checkOpen(context)
    if (this.#state.dim === null || this.#state.hash === null) this.#state = await this.#database.transaction(readState) // another client may have filled it
    const { dim } = this.#state
    if (recipe !== undefined) assertOwnRecipe(context, this.#state, recipe)
    if (dim === null) return answer([[]], threshold)
    if (vectors.length === 0 || vectors.length % dim !== 0)
      throw new KindredError(
        'mismatch',
        context,
        `queries must have the gallery's ${dim} numbers each`,
        `${vectors.length} in all`,
        'Use the model that the gallery was made with.',
      )
    const queries = Array.from({ length: vectors.length / dim }, (_, i) => vectors.subarray(i * dim, (i + 1) * dim))
    for (const query of queries) checkVector(context, query, dim, this.#state.unitNorm)
    if (method === 'exact' || (method === 'hnsw' && k > 1000)) return answer(await this.#exact(vectors, dim, k, filter), threshold)
    const params = [encodeVectors(queries, dim, this.#vectorType)]
    const hits = await this.#database.transaction((query) => searchDatabase(query, queries, params, k, filter, method, efSearch))
    if (method === 'hnsw') {
      // A filter may leave fewer of the graph's candidates than were asked for: then only all items can say.
      for (let i = 0; i < hits.length; i++) if (hits[i].length < k) hits[i] = (await this.#exact(queries[i], dim, k, filter))[0]
    }
    return answer(hits, threshold)
  }

  async #exact(vectors: Float32Array, dim: number, k: number, filter: Filter): Promise<Hit[][]> {
    const mirror = await this.#inTurn(() => this.#upToDate(dim))
    const allowed = allowedRows(mirror, filter)
    const hits: Hit[][] = []
    const step = queryGroup * dim
    for (let at = 0; at < vectors.length; at += step) {
      if (at > 0) await new Promise((resolve) => setImmediate(resolve))
      // A change while we waited has moved the rows: the rest of the queries sees it.
      const rows = at > 0 && allowed !== undefined ? allowedRows(mirror, filter) : allowed
      for (const hit of mirror.search(vectors.subarray(at, at + step), k, rows)) hits.push(hit)
    }
    return hits
  }

  async #upToDate(dim: number): Promise<Mirror> {
    if (!this.#database.exclusive || this.#versions === undefined) this.#versions = await readVersions(this.#database.query)
    const old = this.#mirror
    this.#mirror = undefined // should reading fail half-way, the next search begins anew
    const mirror = await follow(this.#database.query, old, dim, this.#versions, this.#progress)
    if (this.#database.exclusive) ensureAll(this.place, mirror.rows.length, this.#versions.items)
    return (this.#mirror = mirror)
  }

  /** The items of a filter, whole, in the order they were added. */
  async *items(filter: Filter = {}, options: { batch?: number } = {}): AsyncGenerator<StoredItem> {
    for await (const rows of this.#pages('gallery items', 'id, source, label, crop, box, meta, recipe', filter, options)) {
      for (const { vector, ord: _, ...row } of rows)
        yield {
          ...row,
          meta: jsonObject(row.meta, `gallery item ${String(row.id)}, meta`),
          vector: decodeVectors(vector, this.#state.dim!),
        } as StoredItem
    }
  }

  /** The items of a filter without their vectors, in the order they were added. */
  async *entries(filter: Filter = {}, options: { batch?: number } = {}): AsyncGenerator<ItemEntry> {
    for await (const rows of this.#pages('gallery entries', 'id, source, label, crop, box, meta, recipe', filter, options, false)) {
      for (const { ord: _, ...row } of rows)
        yield { ...row, meta: jsonObject(row.meta, `gallery item ${String(row.id)}, meta`) } as unknown as ItemEntry
    }
  }

  /** The vectors of a filter as points, in the order they were added, some thousand at a time: for maps and measurements. */
  async *vectors(filter: Filter = {}, options: { batch?: number } = {}): AsyncGenerator<VectorBatch> {
    for await (const rows of this.#pages('gallery vectors', 'id, label, source', filter, options)) {
      const dim = this.#state.dim!
      const points = new Float32Array(rows.length * dim)
      rows.forEach((row, i) => points.set(decodeVectors(row.vector, dim), i * dim))
      yield {
        ids: rows.map((row) => row.id as string),
        labels: rows.map((row) => row.label as string | null),
        sources: rows.map((row) => row.source as string),
        points,
        dim,
      }
    }
  }

  async *#pages(
    context: string,
    columns: string,
    filter: Filter,
    options: { batch?: number },
    withVectors = true,
  ): AsyncGenerator<{ ord: number; vector: string; [column: string]: unknown }[]> {
    checkOptions(context, options, ['batch'])
    const { batch = 2000 } = options
    ensure(Number.isInteger(batch) && batch >= 1, context, 'batch must be a whole number >= 1', batch)
    for (let after = 0; ;) {
      this.#checkOpen(context)
      const params: unknown[] = [after]
      const condition = where(context, filter, params)
      const rows = await this.#database.query<{ ord: number; vector: string }>(
        `select ord::float8 as ord, ${columns}${withVectors ? `, encode(vector_send(embedding), 'base64') as vector` : ''} from items where ord > $1 and ` +
          `${condition} order by items.ord limit ${batch}`,
        params,
      )
      if (rows.length > 0 && this.#state.dim === null) this.#state = await this.#database.transaction(readState)
      if (rows.length > 0) yield rows
      if (rows.length < batch) return
      after = rows[rows.length - 1].ord
    }
  }

  /** Every label with the number of its items, by name; null (no label) comes last. */
  async labels(): Promise<{ label: string | null; count: number }[]> {
    this.#checkOpen('gallery labels')
    return this.#database.query(`select label, count(*)::int as count from items group by label order by label collate "C" nulls last`)
  }

  /** How many items a filter holds; without one, all. */
  async count(filter: Filter = {}): Promise<number> {
    this.#checkOpen('gallery count')
    const params: unknown[] = []
    const [{ count, items }] = await this.#database.query<{ count: number; items: number | null }>(
      `select count(*)::int as count, (select items::float8 from gallery) as items from items where ${where('gallery count', filter, params)}`,
      params,
    )
    if (this.#database.exclusive && isEmpty(filter)) ensureAll(this.place, count, items)
    return count
  }

  /** The recipes the gallery knows, with their hashes and the number of items made by each. */
  async recipes(): Promise<{ hash: string; recipe: Recipe; count: number }[]> {
    this.#checkOpen('gallery recipes')
    const rows = await this.#database.query<{ hash: string; recipe: Json; count: number }>(
      `select hash, recipes.recipe, (select count(*)::int from items where items.recipe = hash) as count from recipes order by hash collate "C"`,
    )
    return rows.map((row) => ({ ...row, recipe: jsonObject(row.recipe, `gallery recipe ${row.hash}`) }))
  }

  /**
   * Builds the HNSW graph (Malkov and Yashunin 2018, arXiv 1603.09320), in place of an older one; later additions enter it by themselves.
   *
   * @throws KindredError `unsupported` for vectors of more than 2000 numbers
   */
  async index(options: IndexOptions = {}): Promise<void> {
    this.#checkOpen('gallery index')
    await this.#inTurn(() => buildHnsw(this.#database, this.#state.dim, options, this.#progress))
  }

  /** Closes it; safe to call twice. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#mirror = undefined
    await this.#inTurn(() => this.#database.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #checkOpen(context: string): void {
    ensure(!this.#closed, context, 'the gallery must be open', 'a closed one', 'Open it again with openGallery.')
  }

  #conditionOfChange(context: string, filter: Filter | { all: true }, params: unknown[]): string {
    if ('all' in filter && filter.all === true && Object.keys(filter).length === 1) return 'true'
    const condition = where(context, filter as Filter, params)
    ensure(!isEmpty(filter as Filter), context, 'the filter must say which items', '{}', 'Pass { all: true } for every item.')
    return condition
  }

  /** Room for changing the items of a condition: a page each, but no more than all there is, twice. */
  async #reserveFor(query: Query, condition: string, params: unknown[]): Promise<void> {
    if (!this.#database.exclusive) return
    const [{ count, all }] = await query<{ count: number; all: number }>(
      `select count(*)::float8 as count, 2 * pg_total_relation_size('items')::float8 as all from items where ${condition}`,
      params,
    )
    this.#database.reserve(Math.min(count * bytesPerChange, all))
  }

  /** A transaction that changes something: takes the gallery's row, so that writers follow one another, and a new version. */
  #write<T>(work: (query: Query, version: number) => Promise<{ result: T; change: number; after: () => void }>): Promise<T> {
    this.#checkOpen('gallery')
    return this.#inTurn(async () => {
      let version = 0
      const { result, change, after } = await this.#database.transaction(async (query) => {
        ;[{ version }] = await query<{ version: number }>(`update gallery set version = version + 1 returning version::float8 as version`)
        const done = await work(query, version)
        if (this.#database.exclusive) await recordWhole(query, done.change)
        return done
      })
      this.#database.acknowledge(version)
      if (this.#versions !== undefined)
        Object.assign(this.#versions, { version, items: this.#versions.items === null ? null : this.#versions.items + change })
      after()
      return result
    })
  }

  /**
   * Makes our own change in the mirror, so that it need not be read again; where others write too, only if it missed nothing (else it reads all at its next
   * search).
   */
  #change(version: number, changed: boolean, change: (mirror: Mirror) => void): void {
    const mirror = this.#mirror
    if (!changed || mirror === undefined) return
    const current = mirror.version === version - 1
    if (current || this.#database.exclusive) change(mirror)
    if (current) mirror.version = version
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => {})
    return turn
  }
}
