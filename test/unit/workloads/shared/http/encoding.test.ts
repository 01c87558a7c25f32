import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createMemoryCache } from '../../../../../src/lib/adapters/cache/cache.ts'
import type { Cache } from '../../../../../src/lib/ports/cache.ts'
import { encode, encodingFor, readEncodedThrough } from '../../../../../src/lib/workloads/shared/http/encoding.ts'

describe('the encoding that a client asks for', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip, deflate, br', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0.5, gzip;q=0.5', 'br'],
    ['gzip;q=0.2, identity;q=0.9', 'identity'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['GZIP', 'gzip'],
    ['gzip;q=0', 'identity'],
    ['*;q=0', 'identity'],
    ['deflate, zstd', 'identity'],
    ['gzip;q=much', 'identity'],
  ])('%j: %s', (header, encoding) => {
    expect(encodingFor(header)).toBe(encoding)
  })

  it('is one that there is, whatever comes', () => {
    const words = fc.constantFrom('br', 'gzip', 'identity', '*', ';q=', '0', '1', '0.5', ',', ' ', ';', 'é')
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        expect(['br', 'gzip', 'identity']).toContain(encodingFor(parts.join('')))
      }),
    )
  })
})

describe('bytes that are read in an encoding', () => {
  const plain = Buffer.from('[1,2,3]'.repeat(1000))

  /** A cache in memory that says for how long it is to keep what. */
  function watchedCache(): Cache & { readonly kept: Map<string, number> } {
    const cache = createMemoryCache()
    const kept = new Map<string, number>()
    const set: Cache['set'] = async (key, bytes, ttlMs) => {
      kept.set(key, ttlMs)
      await cache.set(key, bytes, ttlMs)
    }
    return { ...cache, set, kept }
  }

  it('are the same bytes', async () => {
    expect(gunzipSync(await encode(plain, 'gzip'))).toEqual(plain)
    expect(brotliDecompressSync(await encode(plain, 'br'))).toEqual(plain)
    expect(await encode(plain, 'identity')).toBe(plain)
  })

  it('are loaded once and compressed once, however many ask in whatever encoding', async () => {
    const cache = watchedCache()
    const set = vi.spyOn(cache, 'set')
    const load = vi.fn<() => Promise<Buffer>>(async () => plain)
    const read = readEncodedThrough(cache, 60_000)
    const asked = (['identity', 'br', 'gzip', 'br', 'gzip', 'identity'] as const).map((encoding) =>
      read('k', encoding, load),
    )
    const [identity, br, gzip, brAgain] = await Promise.all(asked)
    expect(identity).toEqual(plain)
    expect(brotliDecompressSync(br!)).toEqual(plain)
    expect(gunzipSync(gzip!)).toEqual(plain)
    expect(brAgain).toEqual(br)
    expect(await read('k', 'br', load)).toEqual(br)
    expect(load).toHaveBeenCalledTimes(1)
    expect(set.mock.calls.map(([key]) => key).toSorted()).toEqual(['k:br', 'k:gzip', 'k:identity'])
  })

  it('are no older, compressed, than the plain ones that they are made of', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 })
    try {
      const cache = watchedCache()
      const read = readEncodedThrough(cache, 1000)
      await read('k', 'identity', async () => plain)
      vi.setSystemTime(1_000_900)
      await read('k', 'br', async () => plain)
      expect(Object.fromEntries(cache.kept)).toEqual({ 'k:identity': 1000, 'k:br': 100 })
    } finally {
      vi.useRealTimers()
    }
  })
})
