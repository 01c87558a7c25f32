import type { Cache } from '../../ports/cache.ts'

interface Entry {
  readonly bytes: Buffer
  /** `performance.now()` from which the bytes are too old. */
  readonly staleAt: number
}

/** A cache in this process. */
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
