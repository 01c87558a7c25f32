import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

/** How one thread or process of the load generator fared. */
export interface GeneratorHealth {
  /** Of one core, over the run. */
  readonly cpuPercent: number
  /** 99th percentile of the event loop's delay, ms. */
  readonly eventLoopLagP99: number
  /** Of the whole process. */
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

/** What watches a generator. */
export interface GeneratorMonitor {
  /** How it fared since it is watched. */
  health(lateStartP99: number | null): GeneratorHealth
  stop(): void
}

/** Starts to watch this process, or this thread of it alone. */
export function watchGenerator(inThread = false): GeneratorMonitor {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const busyShare = inThread ? watchThread() : watchProcess()
  return {
    health: (lateStartP99) => ({
      cpuPercent: busyShare() * 100,
      eventLoopLagP99: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs),
      maxRssMb: process.resourceUsage().maxRSS / 1024,
      lateStartP99,
    }),
    stop: () => void delay.disable(),
  }
}

/** The share of a core that is used from now on, the process's other threads (garbage collection, files) included. */
function watchProcess(): () => number {
  const startedAt = performance.now()
  const before = process.cpuUsage()
  return () => shareOf(process.cpuUsage(before), startedAt)
}

/** The same of this thread. Node before 23.9 knows only how long its event loop was not idle, which is more. */
function watchThread(): () => number {
  const startedAt = performance.now()
  const before = process.threadCpuUsage?.()
  const loopBefore = performance.eventLoopUtilization()
  return () =>
    before
      ? shareOf(process.threadCpuUsage(before), startedAt)
      : performance.eventLoopUtilization(loopBefore).utilization
}

function shareOf({ user, system }: NodeJS.CpuUsage, startedAt: number): number {
  return (user + system) / 1000 / (performance.now() - startedAt)
}

/** The worst of what the generators of a run say, since one that could not keep up spoils the figures of all. */
export function worstOf(generators: readonly GeneratorHealth[]): GeneratorHealth {
  const late = generators.map(({ lateStartP99 }) => lateStartP99).filter((ms) => ms !== null)
  const worst = (figure: (health: GeneratorHealth) => number): number => Math.max(0, ...generators.map(figure))
  return {
    cpuPercent: worst(({ cpuPercent }) => cpuPercent),
    eventLoopLagP99: worst(({ eventLoopLagP99 }) => eventLoopLagP99),
    maxRssMb: worst(({ maxRssMb }) => maxRssMb),
    lateStartP99: late.length > 0 ? Math.max(...late) : null,
  }
}

/** Not valid when any limit is passed in any thread; says which. */
export function judgeThreads(threads: readonly GeneratorHealth[]): GeneratorVerdict {
  const several = threads.length > 1
  return verdictOf(
    threads.flatMap((health, index) =>
      reasonsOf(health).map((reason) => (several ? `thread ${index + 1}: ${reason}` : reason)),
    ),
  )
}

/** A worker process, and what became of it. */
export interface JudgedWorker {
  readonly name: string
  /** Null when it did not say. */
  readonly health: GeneratorHealth | null
  /** Why it was not there until the end; null when it was. */
  readonly lost: string | null
}

/** Not valid when a worker was lost, or any limit is passed in any; says which. */
export function judgeWorkers(workers: readonly JudgedWorker[]): GeneratorVerdict {
  return verdictOf(
    workers.flatMap(({ name, health, lost }) => [
      ...(lost === null ? [] : [`worker ${name} was lost: ${lost}`]),
      ...(health ? reasonsOf(health).map((reason) => `worker ${name}: ${reason}`) : []),
    ]),
  )
}

function verdictOf(reasons: readonly string[]): GeneratorVerdict {
  return { valid: reasons.length === 0, reasons }
}

function reasonsOf({ cpuPercent, eventLoopLagP99, lateStartP99 }: GeneratorHealth): string[] {
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
  return reasons
}
