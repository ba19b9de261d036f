/** @file Where downloads are kept. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where downloads are kept: `$KINDRED_CACHE`, else `$XDG_CACHE_HOME/kindred`, else `~/.cache/kindred`. */
export function defaultCacheFolder(): string {
  return process.env.KINDRED_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kindred')
}
