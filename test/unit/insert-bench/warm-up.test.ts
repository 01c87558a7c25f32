import { describe, expect, it } from 'vitest'
import type { BenchSession } from '../../../src/lib/insert-bench/table.ts'
import { isSteady, warmUp, type WarmUpOptions } from '../../../src/lib/insert-bench/warm-up.ts'
import { createVirtualClock } from '../../support/load/virtual-clock.ts'

describe('isSteady', () => {
  it.each([
    [[], false],
    [[5, 5, 5, 5, 5], false],
    [[9, 8, 7, 6, 5, 4], false],
    [[9, 9, 9, 5, 5, 5], false],
    [[9, 5, 5, 5, 5, 5, 5], true],
    // A slow round says nothing, a quick one does.
    [[5, 20, 5, 5, 30, 6], true],
    [[5, 20, 5, 5, 30, 4.8], false],
    // Within 3%.
    [[100, 100, 100, 97, 97, 97], true],
    [[100, 100, 100, 96, 96, 96], false],
  ])('%j: %s', (medians, steady) => expect(isSteady(medians)).toBe(steady))
})

/** On two connections of a virtual clock, with a control that takes as long as `costMs` says of its number. */
async function warm(costMs: (statement: number) => number, options: Partial<WarmUpOptions> = {}, insertMs = 1) {
  const clock = createVirtualClock()
  const sent = { inserts: 0, statements: 0 }
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.schedule(ms, resolve))
  const session: BenchSession = {
    draw: () => () => {
      sent.inserts++
      return wait(insertMs)
    },
    controlStatement: 'nothing',
    control: () => wait(costMs(sent.statements++)),
    close: async () => {},
  }
  const turn = async (): Promise<void> => {}
  const signal = new AbortController().signal
  const warming = warmUp(session, {
    keys: ['ascending'],
    warmup: null,
    concurrency: 2,
    clock,
    signal,
    turn,
    ...options,
  })
  const [result] = await Promise.all([warming, clock.runAll()])
  expect(result).toMatchObject(sent)
  return result
}

describe('warmUp', () => {
  it('goes on until the control has stopped falling', async () => {
    // From 2 ms to 1 ms over 500 statements, which are ten rounds of fifty: three later it is told.
    const { from, to, ...rest } = await warm((statement) => 2 - Math.min(1, Math.floor(statement / 50) / 10))
    // Twenty inserts in the first and fifty in the second, which take 25 ms, make five hundred in the eleventh.
    expect(rest).toEqual({ inserts: 500, statements: 14 * 50, steady: true })
    expect([from, to]).toEqual([expect.closeTo(2000), expect.closeTo(1000)])
  })

  it('is short where it is steady from the first on', async () => {
    expect(await warm(() => 1)).toMatchObject({ inserts: 20 + 5 * 50, statements: 6 * 50, steady: true })
  })

  it('goes in rounds of some 25 ms, but for their bounds', async () => {
    expect(await warm(() => 0.01)).toMatchObject({ statements: 50 + 5 * 250 })
    expect(await warm(() => 0.5)).toMatchObject({ statements: 50 + 5 * 100 })
    expect(await warm(() => 1, {}, 10)).toMatchObject({ inserts: 6 * 20 })
  })

  it('ends, and says so, where it never is', async () => {
    const falling = (statement: number) => 1000 * 0.9 ** Math.floor(statement / 50)
    expect(await warm(falling)).toMatchObject({ inserts: 500, statements: 60 * 50, steady: false })
  })

  it('sends exactly the inserts that it is told to, of each order of keys', async () => {
    const options = { keys: ['ascending', 'random'], warmup: 50 } as const
    expect(await warm(() => 1, options)).toMatchObject({ inserts: 100 })
    expect(await warm(() => 1, { warmup: 4000 })).toMatchObject({ inserts: 4000 })
    expect(await warm(() => 1, { warmup: 0 })).toEqual({ inserts: 0, statements: 0, steady: false })
  })
})
