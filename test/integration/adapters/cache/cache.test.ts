import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openCache, readThrough } from '../../../../src/lib/adapters/cache/cache.ts'
import { findService } from '../../../support/services.ts'

const redis = await findService('redis')
const caches = [
  { kind: 'memory', setting: 'memory' },
  { kind: 'redis', setting: redis },
] as const

for (const { kind, setting } of caches) {
  describe.skipIf(setting === null)(`the ${kind} cache`, () => {
    const bytes = Buffer.from([0, 255, 10, 13, 200])

    it('keeps bytes as they are, for as long as it was told', async () => {
      await using cache = await openCache(setting!)
      const key = randomUUID()
      expect(await cache.get(key)).toBeNull()
      await cache.set(key, bytes, 200)
      expect(Buffer.compare((await cache.get(key))!, bytes)).toBe(0)
      await sleep(300)
      expect(await cache.get(key)).toBeNull()
      expect(cache.kind).toBe(kind)
    })

    it('is read through once, however many ask', async () => {
      await using cache = await openCache(setting!)
      const read = readThrough(cache, 60_000)
      const key = randomUUID()
      let loads = 0
      const load = async () => {
        loads++
        await sleep(20)
        return bytes
      }
      await Promise.all(Array.from({ length: 100 }, () => read(key, load)))
      await read(key, load)
      expect(loads).toBe(1)
    })

    it('hands an error to all who asked, and does not keep it', async () => {
      await using cache = await openCache(setting!)
      const read = readThrough(cache, 60_000)
      const key = randomUUID()
      const failing = () => read(key, () => Promise.reject(new Error('no database')))
      const answers = await Promise.allSettled([failing(), failing()])
      expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(await read(key, async () => bytes)).toEqual(bytes)
    })
  })
}

describe('openCache', () => {
  it('says that no Redis answers', async () => {
    const opening = openCache('redis://user:secret@127.0.0.1:1')
    await expect(opening).rejects.toMatchObject({ code: 'cache-unreachable' })
    await expect(opening).rejects.not.toThrow('secret')
  })

  it('keeps nothing when there is to be none', async () => {
    await using cache = await openCache('none')
    await cache.set('key', Buffer.from('x'), 1000)
    expect(await cache.get('key')).toBeNull()
  })
})
