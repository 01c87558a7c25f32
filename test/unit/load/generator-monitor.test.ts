import { describe, expect, it } from 'vitest'
import { judgeThreads, watchGenerator, worstOf } from '../../../src/lib/load/generator-monitor.ts'

const healthy = { cpuPercent: 40, eventLoopLagP99: 12, maxRssMb: 200, lateStartP99: 8 }

describe('judgeThreads', () => {
  it('believes a generator with room to spare', () => {
    expect(judgeThreads([healthy])).toEqual({ valid: true, reasons: [] })
    expect(judgeThreads([{ ...healthy, lateStartP99: null }])).toEqual({ valid: true, reasons: [] })
  })

  it.each([
    [{ cpuPercent: 97 }, 'used 97% of a core'],
    [{ eventLoopLagP99: 180 }, 'event loop was 180 ms late'],
    [{ lateStartP99: 450 }, 'left 450 ms late'],
  ])('does not believe %j', (change, reason) => {
    const { valid, reasons } = judgeThreads([{ ...healthy, ...change }])
    expect(valid).toBe(false)
    expect(reasons).toEqual([expect.stringContaining(reason)])
  })
})

describe('several threads', () => {
  const saturated = { ...healthy, cpuPercent: 97, lateStartP99: null }

  it('are not to be believed when one of them is not, and it is named', () => {
    const { valid, reasons } = judgeThreads([healthy, saturated])
    expect(valid).toBe(false)
    expect(reasons).toEqual(['thread 2: the generator used 97% of a core (limit 90%)'])
  })

  it('are as good as the worst', () => {
    const slow = { ...healthy, eventLoopLagP99: 50, lateStartP99: 9 }
    expect(worstOf([healthy, saturated, slow])).toEqual({
      cpuPercent: 97,
      eventLoopLagP99: 50,
      maxRssMb: 200,
      lateStartP99: 9,
    })
    expect(worstOf([saturated]).lateStartP99).toBeNull()
  })
})

describe('watchGenerator', () => {
  it.each([
    ['process', false],
    ['thread', true],
  ])('sees that this %s was busy', (_name, alone) => {
    const startedAt = performance.now()
    const monitor = watchGenerator(alone)
    const before = process.cpuUsage()
    while (process.cpuUsage(before).user < 50_000);
    const { cpuPercent, maxRssMb, lateStartP99 } = monitor.health(3)
    monitor.stop()
    // Whoever else is on the machine may have held this up for long.
    const expected = (50 / (performance.now() - startedAt)) * 100
    expect(cpuPercent).toBeGreaterThan(expected * 0.5)
    expect(cpuPercent).toBeLessThan(300)
    expect(maxRssMb).toBeGreaterThan(10)
    expect(lateStartP99).toBe(3)
  })
})
