/** @file A shared amount of something, such as bytes of memory, that work takes part of and gives back: whoever comes when it is used up waits in turn. */

/** See {@link budget}. */
export interface Budget {
  /**
   * Takes `amount` of what is left, waiting in turn until there is enough. An amount above the whole is granted when nothing else is out, so that nothing waits
   * for ever.
   *
   * @returns what gives it back, or the part of it that is named; what has been given back already is not given back twice
   */
  take(amount: number): Promise<(part?: number) => void>
  /** How much is taken at the moment. */
  readonly taken: number
}

/**
 * A budget.
 *
 * @param whole how much there is, asked anew at each turn so that a raised limit counts at once
 */
export function budget(whole: () => number): Budget {
  let taken = 0
  const waiting: { amount: number; go: () => void }[] = []
  const fits = (amount: number): boolean => taken === 0 || taken + amount <= whole()
  const next = (): void => {
    while (waiting.length > 0 && fits(waiting[0].amount)) {
      const { amount, go } = waiting.shift()!
      taken += amount
      go()
    }
  }
  const giveBack = (amount: number): ((part?: number) => void) => {
    let left = amount
    return (part = left) => {
      const given = Math.min(part, left)
      left -= given
      taken -= given
      if (given > 0) next()
    }
  }
  return {
    async take(amount) {
      if (waiting.length === 0 && fits(amount)) taken += amount
      else await new Promise<void>((go) => waiting.push({ amount, go }))
      return giveBack(amount)
    },
    get taken() {
      return taken
    },
  }
}
