/** @file Work that goes on at once, and ends as one. */

/** Parts of one piece of work. */
export interface Together {
  /** Fires when the given signal fires, and when a part has failed: all parts should look at it. */
  readonly signal: AbortSignal
  /**
   * Begins a part, which may wait for parts that were begun before it.
   *
   * @returns its outcome; when it fails, the other parts are told by the signal
   */
  readonly begin: <T>(part: () => Promise<T>) => Promise<T>
}

/** Options of {@link together}. */
export interface TogetherOptions {
  /** Stops all parts. */
  readonly signal?: AbortSignal
  /** Each part begins only when the one before has ended. Default false. */
  readonly inTurn?: boolean
}

/**
 * Runs parts at once and waits for all of them, however they end.
 *
 * @param work begins the parts
 * @throws what the first part to fail threw; after a stop by the given signal, what the first part to be begun of those that failed threw
 */
export async function together(work: (parts: Together) => void, { signal, inTurn = false }: TogetherOptions = {}): Promise<void> {
  const failed = new AbortController()
  const parts: Promise<unknown>[] = []
  const errors: { readonly error: unknown }[] = []
  work({
    signal: signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]),
    begin: (part) => {
      const before = inTurn ? parts.at(-1) : undefined
      const outcome = before === undefined ? part() : before.then(part)
      parts.push(outcome)
      outcome.catch((error: unknown) => {
        errors.push({ error })
        failed.abort(error)
      })
      return outcome
    },
  })
  let ended: PromiseSettledResult<unknown>[] = []
  while (ended.length < parts.length) ended = await Promise.allSettled(parts) // parts may begin others
  if (errors.length === 0) return
  const first = ended.find((result) => result.status === 'rejected')
  throw signal?.aborted === true ? first!.reason : errors[0].error
}
