import type { Cache } from '../../ports/cache.ts'

export interface CacheOptions {
  /** Age of a cached response, ms. */
  readonly cacheTtl: number
}

/** Opens `none`, `memory` or a `redis://` URL. Throws `cache-unreachable`. */
export async function openCache(setting: string): Promise<Cache> {
  if (setting === 'none') return noCache
  if (setting === 'memory') return createMemoryCache()
  const { connectRedisCache } = await import('./redis.ts')
  return connectRedisCache(setting)
}

interface Entry {
  readonly bytes: Buffer
  /** `performance.now()` from which the bytes are too old. */
  readonly staleAt: number
}

export function createMemoryCache(): Cache {
  const entries = new Map<string, Entry>()
  return {
    kind: 'memory',
    async get(key) {
      const entry = entries.get(key)
      if (!entry) return null
      if (performance.now() < entry.staleAt) return entry.bytes
      entries.delete(key)
      return null
    },
    async set(key, bytes, ttlMs) {
      entries.set(key, { bytes, staleAt: performance.now() + ttlMs })
    },
    async [Symbol.asyncDispose]() {
      entries.clear()
    },
  }
}

/** A cache that keeps nothing. */
export const noCache: Cache = {
  kind: 'none',
  get: async () => null,
  set: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

export type ReadThrough = (key: string, load: () => Promise<Buffer>) => Promise<Buffer>

/**
 * Reads through `cache`, at most `ttlMs` old, which may differ by what was loaded. However many ask for a key at once, it is looked up and
 * loaded once; an error reaches all of them and is not kept.
 */
export function readThrough(cache: Cache, ttlMs: number | ((bytes: Buffer) => number)): ReadThrough {
  const underWay = new Map<string, Promise<Buffer>>()

  async function lookUp(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const kept = await cache.get(key)
    if (kept) return kept
    const bytes = await load()
    await cache.set(key, bytes, typeof ttlMs === 'number' ? ttlMs : ttlMs(bytes))
    return bytes
  }

  return (key, load) => {
    const shared = underWay.get(key)
    if (shared) return shared
    const started = lookUp(key, load).finally(() => underWay.delete(key))
    underWay.set(key, started)
    return started
  }
}
