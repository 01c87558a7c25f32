import { describe, expect, it } from 'vitest'
import { judgeGenerator, watchGenerator } from '../../../src/lib/load/generator-monitor.ts'

const healthy = { cpuPercent: 40, eventLoopLagP99: 12, maxRssMb: 200, lateStartP99: 8 }

describe('judgeGenerator', () => {
  it('believes a generator with room to spare', () => {
    expect(judgeGenerator(healthy)).toEqual({ valid: true, reasons: [] })
    expect(judgeGenerator({ ...healthy, lateStartP99: null })).toEqual({ valid: true, reasons: [] })
  })

  it.each([
    [{ cpuPercent: 97 }, 'used 97% of a core'],
    [{ eventLoopLagP99: 180 }, 'event loop was 180 ms late'],
    [{ lateStartP99: 450 }, 'left 450 ms late'],
  ])('does not believe %j', (change, reason) => {
    const { valid, reasons } = judgeGenerator({ ...healthy, ...change })
    expect(valid).toBe(false)
    expect(reasons).toEqual([expect.stringContaining(reason)])
  })
})

describe('watchGenerator', () => {
  it('sees that this process was busy', () => {
    const finish = watchGenerator()
    const until = performance.now() + 50
    while (performance.now() < until);
    const { cpuPercent, maxRssMb, lateStartP99 } = finish(3)
    expect(cpuPercent).toBeGreaterThan(30)
    expect(maxRssMb).toBeGreaterThan(10)
    expect(lateStartP99).toBe(3)
  })
})
