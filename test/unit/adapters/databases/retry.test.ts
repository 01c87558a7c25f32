import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { addRetries, createRetryCounter, isOver, pauseMs, retry } from '../../../../src/lib/adapters/databases/retry.ts'
import type { TransientError } from '../../../../src/lib/adapters/databases/errors.ts'
import { createWaitWatch } from '../../../../src/lib/adapters/databases/waits.ts'

const waits = createWaitWatch(undefined, null)

/** Fails with each of `kinds` in turn, then succeeds; `asked` says at which of them the commit had been asked for. */
function failing(kinds: readonly TransientError['kind'][], asked: readonly boolean[] = []) {
  let tries = 0
  const counter = createRetryCounter()
  const findTransientError = (error: unknown): TransientError | null => {
    const { kind } = error as { kind?: TransientError['kind'] }
    return kind ? { kind, reason: `it was ${kind}` } : null
  }
  const work = () =>
    retry(
      async (attempt) => {
        attempt.mayBeStored = asked[tries] ?? false
        const kind = kinds[tries++]
        if (kind) throw Object.assign(new Error('no'), { kind })
        return 'done'
      },
      { url: 'db://there', findTransientError, counter, waits },
    )
  return { work, counter, tries: () => tries }
}

describe('work on a server that asks for another try', () => {
  it('is done again, and counted by the reason', async () => {
    const { work, counter, tries } = failing(['conflict', 'refused', 'conflict', 'busy'])
    expect(await work()).toBe('done')
    expect(tries()).toBe(5)
    expect(counter.counts()).toEqual({ 'it was conflict': 2, 'it was refused': 1, 'it was busy': 1 })
  })

  it('is not done again when it may be stored and nobody knows', async () => {
    const { work, counter, tries } = failing(['conflict', 'busy'], [true, true])
    await expect(work()).rejects.toMatchObject({
      code: 'outcome-unknown',
      message: expect.stringContaining('db://there'),
    })
    expect(tries()).toBe(2)
    expect(counter.counts()).toEqual({ 'it was conflict': 1 })
  })

  it('is done again though the commit was asked for, when the server says that nothing is stored', async () => {
    const { work } = failing(['conflict', 'refused', 'locked'], [true, true, true])
    expect(await work()).toBe('done')
  })

  it('is not done again after an error that is no transient error', async () => {
    const work = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('wrong')))
    const policy = { url: 'db://there', findTransientError: () => null, counter: createRetryCounter(), waits }
    await expect(retry(work, policy)).rejects.toThrow('wrong')
    expect(work).toHaveBeenCalledOnce()
  })

  it.each([
    ['conflict', 'database-busy', 10],
    ['locked', 'database-busy', 2],
    ['full', 'connections-exhausted', 2],
    ['away', 'database-unreachable', 2],
    ['refused', 'database-read-only', 2],
    ['busy', 'database-busy', 2],
  ] as const)('ends some time: %s', async (kind, code, tries) => {
    const clock = vi.spyOn(performance, 'now')
    let now = 0
    clock.mockImplementation(() => (now += 15_000))
    const endless = failing(Array.from({ length: 100 }, () => kind))
    await expect(endless.work()).rejects.toMatchObject({ code })
    clock.mockRestore()
    expect(endless.tries()).toBe(tries)
  })
})

it('names at last who kept the lock, for how long that was waited for, and what ends it', async () => {
  const clock = vi.spyOn(performance, 'now')
  let now = 0
  clock.mockImplementation(() => now)
  const holder = {
    lock: 'the lock',
    name: 'session 4711',
    about: 'user app, idle in transaction for 95 s',
    isSure: true,
    end: 'kill 4711',
  }
  const known = { ...waits, begin: () => ({ ...waits.begin(), holder }) }
  const findTransientError = (): TransientError => ({ kind: 'locked', reason: 'lock wait timeout (1205)' })
  const locked = () => {
    now += 30_000
    return Promise.reject(new Error('Lock wait timeout exceeded'))
  }
  const policy = { url: 'mysql://there/x', findTransientError, counter: createRetryCounter(), waits: known }
  await expect(retry(locked, policy)).rejects.toMatchObject({
    code: 'database-busy',
    message:
      'Gave up on mysql://there/x after 30 s: session 4711 (user app, idle in transaction for 95 s) holds the lock (Lock wait timeout exceeded). End it with "kill 4711", or wait until it has ended; then try again.',
  })
  clock.mockRestore()
})

it('pauses grow to half a second and no more', () => {
  expect([1, 2, 3, 8, 9, 50].map(pauseMs)).toEqual([2, 4, 8, 256, 500, 500])
})

it('gives a conflict ten tries and everything 20 s, whatever comes first for what waits', () => {
  const conflict: TransientError = { kind: 'conflict', reason: '' }
  expect([isOver(conflict, 9, 60_000), isOver(conflict, 10, 60_000), isOver(conflict, 500, 19_999)]).toEqual([
    false,
    true,
    false,
  ])
  expect([isOver({ ...conflict, kind: 'busy' }, 1, 19_999), isOver({ ...conflict, kind: 'busy' }, 1, 20_000)]).toEqual([
    false,
    true,
  ])
})

it('adds up what several counted', () => {
  const counts = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat(1000))
  fc.assert(
    fc.property(fc.array(counts), (all) => {
      const sum = addRetries(all)
      for (const reason of ['a', 'b', 'c']) {
        expect(sum[reason] ?? 0).toBe(all.reduce((total, one) => total + (one[reason] ?? 0), 0))
      }
    }),
  )
})
