/** Bytes kept for a while under a name. */
export interface Cache extends AsyncDisposable {
  /** `none` keeps nothing. */
  readonly kind: 'none' | 'memory' | 'redis'
  /** Null when there is nothing under `key`, or it is too old. */
  get(key: string): Promise<Buffer | null>
  set(key: string, bytes: Buffer, ttlMs: number): Promise<void>
}

/** Reads bytes through a cache. */
export type ReadThrough = (key: string, load: () => Promise<Buffer>) => Promise<Buffer>

/**
 * Reads through `cache`, at most `ttlMs` old. However many ask for a key at once, it is looked up and
 * loaded once; an error reaches all of them and is not kept.
 */
export function readThrough(cache: Cache, ttlMs: number): ReadThrough {
  const underWay = new Map<string, Promise<Buffer>>()

  async function lookUp(key: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const kept = await cache.get(key)
    if (kept) return kept
    const bytes = await load()
    await cache.set(key, bytes, ttlMs)
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
