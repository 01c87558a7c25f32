import type { GeneratorHealth } from '../../../src/lib/load/metrics/generator-monitor.ts'

/** A generator with room to spare, but for what a test changes. */
export function healthOf(change: Partial<GeneratorHealth> = {}): GeneratorHealth {
  return {
    cpuPercent: 10,
    eventLoopLagP99: 1,
    maxRssMb: 100,
    lateStartP99: 1,
    lateStart: { percentile: 99, ms: 1 },
    watchedMs: 30_000,
    stalledMs: 0,
    longestStallMs: 0,
    ...change,
  }
}
