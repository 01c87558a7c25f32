import { describe, expect, it } from 'vitest'
import { createSleepers } from '../../../src/lib/measure/clock.ts'
import { createVirtualClock } from '../../virtual-clock.ts'

describe('sleepers', () => {
  it('wake by themselves at their time', async () => {
    const clock = createVirtualClock()
    const { sleep } = createSleepers(clock)
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
    const sleepers = createSleepers(clock)
    const first = sleepers.sleep(1000)
    clock.schedule(5, () => sleepers.wakeAll())
    await clock.runAll()
    expect(await first).toBe(false)
    expect(await sleepers.sleep(1000)).toBe(false)
    expect(clock.now()).toBe(5)
    expect(sleepers.awake).toBe(true)
  })
})
