import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How the load generator itself fared. */
export interface GeneratorHealth {
  /** Of one core, over the run. */
  readonly cpuPercent: number
  /** 99th percentile of the event loop's delay, ms. */
  readonly eventLoopLagP99: number
  readonly maxRssMb: number
  /** 99th percentile of how late requests were sent, ms; null when none was. */
  readonly lateStartP99: number | null
}

/** Whether the generator was fast enough for its own figures to be believed. */
export interface GeneratorVerdict {
  readonly valid: boolean
  readonly reasons: readonly string[]
}

/** How often the event loop's delay is sampled, ms; a healthy loop shows this as its delay. */
const resolutionMs = 10

/**
 * Above these the generator was the bottleneck. CPU: what is left of a core is what bursts are sent
 * with. Lag and lateness: they stand in every response time, and on a machine that others use too,
 * single stalls of some 50 ms are normal.
 */
const limits = { cpuPercent: 90, eventLoopLagP99: 100, lateStartP99: 100 } as const

/** Starts to watch this process; the returned function says how it fared since. */
export function watchGenerator(): (lateStartP99: number | null) => GeneratorHealth {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  return (lateStartP99) => {
    delay.disable()
    const { user, system } = process.cpuUsage(cpuBefore)
    return {
      cpuPercent: ((user + system) / 1000 / (performance.now() - startedAt)) * 100,
      eventLoopLagP99: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs),
      maxRssMb: process.resourceUsage().maxRSS / 1024,
      lateStartP99,
    }
  }
}

/** Not valid when any limit is passed; says which. */
export function judgeGenerator(health: GeneratorHealth): GeneratorVerdict {
  const { cpuPercent, eventLoopLagP99, lateStartP99 } = health
  const reasons: string[] = []
  if (cpuPercent > limits.cpuPercent) {
    reasons.push(`the generator used ${cpuPercent.toFixed(0)}% of a core (limit ${limits.cpuPercent}%)`)
  }
  if (eventLoopLagP99 > limits.eventLoopLagP99) {
    reasons.push(`its event loop was ${eventLoopLagP99.toFixed(0)} ms late at p99 (limit ${limits.eventLoopLagP99} ms)`)
  }
  if (lateStartP99 !== null && lateStartP99 > limits.lateStartP99) {
    reasons.push(`its requests left ${lateStartP99.toFixed(0)} ms late at p99 (limit ${limits.lateStartP99} ms)`)
  }
  return { valid: reasons.length === 0, reasons }
}
