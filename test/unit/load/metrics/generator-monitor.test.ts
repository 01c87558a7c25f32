import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { watchGenerator, worstOf } from '../../../../src/lib/load/metrics/generator-monitor.ts'
import { createHistogram, recordMs } from '../../../../src/lib/base/measure/histogram.ts'
import { healthOf } from '../../../support/load/generator-health.ts'

describe('several threads', () => {
  it('are as good as the worst', () => {
    const saturated = healthOf({ cpuPercent: 97, lateStartP99: null, lateStart: null, stalledMs: 300 })
    const slow = healthOf({ eventLoopLagP99: 50, lateStartP99: 9, lateStart: { percentile: 95, ms: 7 } })
    expect(worstOf([healthOf(), saturated, slow])).toEqual(
      healthOf({
        cpuPercent: 97,
        eventLoopLagP99: 50,
        lateStartP99: 9,
        lateStart: { percentile: 95, ms: 7 },
        stalledMs: 300,
      }),
    )
    expect(worstOf([saturated])).toMatchObject({ lateStartP99: null, lateStart: null })
  })
})

describe('watchGenerator', () => {
  it.each([
    ['process', false],
    ['thread', true],
  ])('sees that this %s was busy, and stood still', async (_name, alone) => {
    const late = createHistogram()
    recordMs(late, 3)
    const startedAt = performance.now()
    const monitor = watchGenerator(alone)
    await sleep(1)
    const before = process.cpuUsage()
    const busyFrom = performance.now()
    while (process.cpuUsage(before).user < 50_000 || performance.now() - busyFrom < 300);
    const busyMs = performance.now() - busyFrom
    const { cpuPercent, maxRssMb, lateStartP99, lateStart, stalledMs, longestStallMs } = monitor.health(late)
    const { stalledMs: later } = await sleep(60).then(() => monitor.health(late))
    monitor.stop()
    // Whoever else is on the machine may have held this up for long.
    const expected = (50 / (performance.now() - startedAt)) * 100
    expect(cpuPercent).toBeGreaterThan(expected * 0.5)
    expect(cpuPercent).toBeLessThan(300)
    expect(maxRssMb).toBeGreaterThan(10)
    expect({ lateStartP99, lateStart }).toEqual({ lateStartP99: 3, lateStart: { percentile: 100, ms: 3 } })
    expect(longestStallMs).toBeGreaterThan(busyMs - 40)
    expect(stalledMs).toBeGreaterThanOrEqual(longestStallMs)
    // Once the loop goes on, its beat has ended the stall.
    expect(later).toBeGreaterThanOrEqual(stalledMs)
  })
})
