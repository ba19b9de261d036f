/** @file Work on a list with the next few under way while one is waited for. */

/**
 * Does work number 0 to count - 1, begun in order, at most `most` of them under way, and gives the results in order.
 *
 * When the loop over it ends, by an error or a `break` too, no work is under way any more, and none was begun after the first that failed was waited for.
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
