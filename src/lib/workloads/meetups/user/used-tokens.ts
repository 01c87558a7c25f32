import type { Cache } from '../../../ports/cache.ts'
import type { RefreshToken } from './tokens.ts'

/** Refresh tokens that were given for newer ones. */
export interface UsedTokens {
  has(token: RefreshToken): Promise<boolean>
  /** Until it would not be good any more anyway. */
  add(token: RefreshToken, leftMs: number): Promise<void>
}

/**
 * Keeps them in a cache that all processes share, so that one that comes again is refused without a look at the tables.
 * A cache that is away, or has forgotten some, makes none of them good: the tables refuse them, too.
 */
export function createUsedTokens(cache: Cache): UsedTokens {
  return {
    has: async (token) => (await cache.get(keyOf(token))) !== null,
    add: (token, leftMs) => cache.set(keyOf(token), used, leftMs),
  }
}

const used = Buffer.from('used')

/** Of the hash: nobody can use what they read in the cache. */
function keyOf({ secretHash }: RefreshToken): string {
  return `meetup-used-token:${secretHash}`
}
