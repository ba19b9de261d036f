/** @file Numbers in words for people: shares, times, counts. */

/** A share as `98.4 %`; one below 1 is never rounded up to 100 %. */
export function percent(share: number, decimals = 1): string {
  const text = (100 * share).toFixed(decimals)
  return `${share < 1 && Number(text) >= 100 ? (100 - 10 ** -decimals).toFixed(decimals) : text} %`
}

/** A share as somebody asked for it, with all its digits: `95 %`, `99.5 %`. */
export const askedPercent = (share: number): string => `${Number((100 * share).toPrecision(6))} %`

/** Seconds as `41 s`, `3 min 05 s` or `2 h 10 min`; with `tenths`, fewer than ten seconds as `4.2 s`. */
export function duration(seconds: number, { tenths = false }: { readonly tenths?: boolean } = {}): string {
  const s = Math.round(seconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  if (tenths && seconds < 10) return `${seconds.toFixed(1)} s`
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`
}

/** A number of things: `1 face`, `3 faces`. @param more the plural, where it does not end in s */
export const counted = (count: number, one: string, more = `${one}s`): string => `${count} ${count === 1 ? one : more}`
