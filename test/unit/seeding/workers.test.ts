import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { failure, RushbenchError } from '../../../src/lib/base/errors/errors.ts'
import { createEnd } from '../../../src/lib/seeding/distributed/worker-pool.ts'
import { errorAsText, readError } from '../../../src/lib/base/errors/error-text.ts'
import { seedJob, storedByWorker } from '../../../src/lib/seeding/distributed/seed-job.ts'

describe('what comes from a queue', () => {
  it('is a part of a seeding, or is refused, whatever it is', () => {
    const run = '3138abbc-41d4-42c4-bb96-e8d4e418cfcc'
    const key = 'k'.repeat(43)
    const part = { version: '1', run, key, seeding: run, database: 'mysql://db/test', connections: 2 }
    expect(seedJob.parse(part)).toEqual(part)
    for (const wrong of [
      { run: 'x' },
      { key: 'k' },
      { connections: 0 },
      { connections: 65 },
      { database: 1 },
      { more: 1 },
    ]) {
      expect(seedJob.safeParse({ ...part, ...wrong }).success).toBe(false)
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => void seedJob.safeParse(value)))
  })

  it('says of a block how many rows, and nothing that cannot be counted', () => {
    const said = { worker: 'one', rows: 50_000, retries: { 'deadlock (1213)': 2 } }
    expect(storedByWorker.parse(said)).toEqual(said)
    for (const wrong of [{ rows: -1 }, { rows: 1.5 }, { rows: '5' }, { retries: { deadlock: -1 } }, { worker: null }]) {
      expect(storedByWorker.safeParse({ ...said, ...wrong }).success).toBe(false)
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => void storedByWorker.safeParse(value)))
  })

  it('is an error with its sentence, or none', () => {
    const sent = failure('rows-differ', { sent: 10, stored: 9, warnings: 0 })
    expect(readError(errorAsText(sent))).toMatchObject({ code: 'rows-differ', exitCode: 1, message: sent.message })
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const read = readError(text)
        expect(read === null || read instanceof RushbenchError).toBe(true)
      }),
    )
  })
})

describe('the end of a seeding', () => {
  it('comes by the signal, also when that was given before', async () => {
    const abort = new AbortController()
    const end = createEnd(abort.signal)
    expect(end.isReached()).toBe(false)
    abort.abort()
    await end.reached
    expect(createEnd(abort.signal).isReached()).toBe(true)
    expect(() => end.check()).not.toThrow()
  })

  it('keeps the first failure, and none that comes after it is reached', () => {
    const end = createEnd(new AbortController().signal)
    end.fail(new Error('first'))
    end.fail(new Error('second'))
    expect(() => end.check()).toThrow('first')
    const stopped = createEnd(new AbortController().signal)
    stopped.stop()
    stopped.fail(new Error('late'))
    expect(() => stopped.check()).not.toThrow()
  })
})
