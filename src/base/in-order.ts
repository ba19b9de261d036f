/** @file Works through a list with the next few items under way while one is waited for. */

/**
 * Does the work of items 0 to count - 1, begun in order with at most `most` under way, and yields the results in order.
 *
 * When the loop over it ends, even by an error or a `break`, no work is under way any more, and none was begun after the first failure was awaited.
 * @example for await (const image of inOrder(paths.length, 4, (i) => decodeImage(paths[i]))) show(image)
 */
export async function* inOrder<T>(count: number, most: number, work: (i: number) => Promise<T>): AsyncGenerator<T, void, undefined> {
  const under: Promise<T>[] = []
  try {
    for (let done = 0, begun = 0; done < count; done++) {
      for (; begun < count && begun - done < most; begun++) {
        const started = work(begun)
        started.catch(() => {}) // reported when waited for
        under.push(started)
      }
      yield await under.shift()!
    }
  } finally {
    await Promise.allSettled(under)
  }
}
