import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { percentileMs, type LatencyHistogram } from '../../base/measure/histogram.ts'
import type { LoadReport } from '../../record/record.ts'

type GeneratorRecord = LoadReport['generator']

/** How one thread or process of the load generator fared. */
export type GeneratorHealth = Required<
  Omit<GeneratorRecord, 'threads' | 'valid' | 'reasons' | 'advice' | 'sharesThread'>
> &
  Pick<GeneratorRecord, 'sharesThread'>

/** How often the event loop's delay is sampled, ms; a healthy loop shows this as its delay. */
const resolutionMs = 10

/** How often the loop is to beat, ms. */
const beatEveryMs = 20

/** A monitor of a generator. */
export interface GeneratorMonitor {
  /** How it fared since it is watched; `late` is how late its requests were sent. */
  health(late: LatencyHistogram): GeneratorHealth
  stop(): void
}

/** Starts to watch this process, or this thread of it alone. */
export function watchGenerator(inThread = false): GeneratorMonitor {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const busyShare = inThread ? watchThread() : watchProcess()
  const stalls = createStallMeter(performance.now(), beatEveryMs)
  const beats = setInterval(() => stalls.beat(performance.now()), beatEveryMs).unref()
  return {
    health: (late) => ({
      cpuPercent: busyShare() * 100,
      eventLoopLagP99: Math.max(0, delay.percentile(99) / 1e6 - resolutionMs),
      maxRssMb: process.resourceUsage().maxRSS / 1024,
      lateStartP99: percentileMs(late, 99),
      lateStart: latenessOf(late),
      ...stalls.read(performance.now()),
    }),
    stop() {
      delay.disable()
      clearInterval(beats)
    },
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
    lateStart: generators.map(({ lateStart }) => lateStart).reduce(laterOf, null),
    watchedMs: worst(({ watchedMs }) => watchedMs),
    stalledMs: worst(({ stalledMs }) => stalledMs),
    longestStallMs: worst(({ longestStallMs }) => longestStallMs),
    ...(generators.some(({ sharesThread }) => sharesThread) ? { sharesThread: true } : {}),
  }
}

function laterOf(one: Lateness | null, other: Lateness | null): Lateness | null {
  return one && other && other.ms <= one.ms ? one : (other ?? one)
}

/** How late requests were sent, at the percentile that their number carries. */
export type Lateness = NonNullable<GeneratorHealth['lateStart']>

/** Samples beyond a percentile without which it is a matter of single ones. */
const minBeyond = 20
const percentiles = [99, 95, 90, 50] as const

/**
 * The highest of p99, p95, p90 and p50 that has 20 requests beyond it (p99 takes 2,000), or the latest of fewer than 40.
 * Null without requests.
 */
export function latenessOf(late: LatencyHistogram): Lateness | null {
  const carried = percentiles.find((percentile) => late.totalCount * (100 - percentile) >= 100 * minBeyond) ?? 100
  const ms = percentileMs(late, carried)
  return ms === null ? null : { percentile: carried, ms }
}

/** When something that should beat at a steady pace stood still. Times in ms. */
export type Stalls = Pick<GeneratorHealth, 'watchedMs' | 'stalledMs' | 'longestStallMs'>

/** Adds up the time in which an event loop stood still, by the gaps between its beats. */
export interface StallMeter {
  beat(now: number): void
  /** Up to `now`, with the gap that may be under way. */
  read(now: number): Stalls
}

/** On a machine that others use too, shorter gaps are normal. */
const shortestStallMs = 100

/**
 * A meter of beats that come every `beatEveryMs` from `startedAt` on. Percentiles of a loop's delay count beats, of which
 * few fall into a stall: one of 4 s in 30 s is a single late beat of thousands.
 */
export function createStallMeter(startedAt: number, everyMs: number): StallMeter {
  let last = startedAt
  let stalledMs = 0
  let longestStallMs = 0
  const stallSince = (now: number): number => {
    const gap = now - last - everyMs
    return gap > shortestStallMs ? gap : 0
  }
  return {
    beat(now) {
      const stall = stallSince(now)
      stalledMs += stall
      longestStallMs = Math.max(longestStallMs, stall)
      last = now
    },
    read(now) {
      const stall = stallSince(now)
      return {
        watchedMs: now - startedAt,
        stalledMs: stalledMs + stall,
        longestStallMs: Math.max(longestStallMs, stall),
      }
    },
  }
}
