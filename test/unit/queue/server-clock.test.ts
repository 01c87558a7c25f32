import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClock } from '../../../src/lib/queue/server-clock.ts'
import { createVirtualClock } from '../../support/load/virtual-clock.ts'

/** Asks a server whose clock is `offset` ahead, over ways that take so long, ms. */
async function ask(offset: number, ways: readonly (readonly [there: number, back: number])[]) {
  const clock = createVirtualClock()
  let question = 0
  const reading = readClock(clock, async () => {
    const [there, back] = ways[question++ % ways.length]!
    await new Promise<void>((resolve) => void clock.schedule(there, resolve))
    const time = clock.now() + offset
    await new Promise<void>((resolve) => void clock.schedule(back, resolve))
    return time
  })
  let ended = false
  void reading.finally(() => (ended = true))
  while (!ended) {
    await clock.runAll()
    await new Promise((turn) => void setImmediate(turn))
  }
  return reading
}

describe('readClock', () => {
  it('finds the offset where both ways take as long', async () => {
    expect(await ask(5000, [[4, 4]])).toEqual({ offsetMs: 5000, roundTripMs: 8 })
  })

  it('believes the answer that came soonest', async () => {
    const slow = [90, 10] as const
    const { offsetMs, roundTripMs } = await ask(-300, [slow, slow, [2, 1], slow])
    expect(roundTripMs).toBe(3)
    // The way there was 2 of the 3 ms, and not half of them.
    expect(offsetMs).toBe(-299.5)
  })

  it('is at most half a round trip wrong, whatever the ways are', async () => {
    const way = fc.integer({ min: 0, max: 500 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -1e6, max: 1e6 }),
        fc.array(fc.tuple(way, way), { minLength: 1, maxLength: 10 }),
        async (offset, ways) => {
          const { offsetMs, roundTripMs } = await ask(offset, ways)
          expect(roundTripMs).toBe(Math.min(...ways.map(([there, back]) => there + back)))
          expect(Math.abs(offsetMs - offset)).toBeLessThanOrEqual(roundTripMs / 2)
        },
      ),
      { numRuns: 50 },
    )
  })
})
