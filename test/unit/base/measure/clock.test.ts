import { describe, expect, it } from 'vitest'
import { createTimers, preciseClock } from '../../../../src/lib/base/measure/clock.ts'
import { createVirtualClock } from '../../../support/load/virtual-clock.ts'

describe('timers', () => {
  it('wake by themselves at their time', async () => {
    const clock = createVirtualClock()
    const { sleep } = createTimers(clock)
    const woken: [number, boolean][] = []
    for (const ms of [30, 10, 20]) void sleep(ms).then((slept) => woken.push([clock.now(), slept]))
    await clock.runAll()
    expect(woken).toEqual([
      [10, true],
      [20, true],
      [30, true],
    ])
  })

  it('are all woken at once, and nobody sleeps after that', async () => {
    const clock = createVirtualClock()
    const timers = createTimers(clock)
    const first = timers.sleep(1000)
    clock.schedule(5, () => timers.cancelAll())
    await clock.runAll()
    expect(await first).toBe(false)
    expect(await timers.sleep(1000)).toBe(false)
    expect(clock.now()).toBe(5)
    expect(timers.cancelled).toBe(true)
  })
})

describe('the precise clock', () => {
  it.each([0, 1, 5])('calls back not before %d ms, and hardly after', async (ms) => {
    const late: number[] = []
    for (let i = 0; i < 10; i++) {
      const dueAt = preciseClock.now() + ms
      await new Promise<void>((resolve) => preciseClock.schedule(ms, resolve))
      late.push(preciseClock.now() - dueAt)
    }
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    // The best of ten: the others may have waited for a busy machine.
    expect(Math.min(...late)).toBeLessThan(0.5)
  })

  it.each([0, 10])('does not call back once it is told not to, %d ms before', async (ms) => {
    let called = false
    preciseClock.schedule(ms, () => (called = true))()
    await new Promise((resolve) => setTimeout(resolve, ms + 10))
    expect(called).toBe(false)
  })
})
