import { mergeHistograms, percentileMs, type LatencyHistogram } from '../../base/measure/histogram.ts'
import { errorsAllowed } from '../metrics/load-verdict.ts'
import type { GeneratorHealth } from '../metrics/generator-monitor.ts'
import { judgeConnections, judgeThreads } from '../metrics/generator-verdict.ts'
import { percentileOf, type Limit } from './limit.ts'
import { durationOf, mostUsersOf, type LoadModel } from '../engine/model.ts'
import { constantArrivals } from '../engine/schedule.ts'
import type { ShardProgress } from '../metrics/result.ts'
import type { MetricsTotal } from '../metrics/interval-metrics.ts'
import { meets, type Threshold } from '../../base/threshold.ts'
import { limitErrors } from '../metrics/thresholds.ts'

/** Figures of a run that is under way. */
export interface RunSoFar {
  readonly recorded: MetricsTotal
  /** Progress of each generator that has reported. */
  readonly progress: readonly ShardProgress[]
  readonly threads: readonly GeneratorHealth[]
}

/** The rest of a trial may be so many times as busy as what there was of it: a server gets warm, or gets over it. */
const busiest = 2

/**
 * Whether a trial that is under way fails the limit whatever comes: also when no more request fails or is slow, and no
 * more iteration throws, in a rest that is twice as busy. Never where the generator could not keep up until now,
 * because such a trial may yet turn out to say nothing.
 */
export function failsAnyway(limit: Limit, model: LoadModel, soFar: RunSoFar): boolean {
  const { conditions } = limit
  const figures = figuresOf(soFar)
  const { skipped } = soFar.recorded
  const isLost =
    (skipped > 0 && !conditions.some(({ metric }) => metric === 'skipped')) ||
    missesAny(limit, figures, 1 + busiest * (1 / doneOf(model, soFar) - 1))
  return isLost && couldKeepUp(soFar, figures)
}

interface Figures {
  readonly recorded: MetricsTotal
  readonly requests: number
  readonly failures: number
  readonly iterations: number
}

function figuresOf({ recorded, progress }: RunSoFar): Figures {
  const steps = [...recorded.steps.values()]
  return {
    recorded,
    requests: steps.reduce((sum, { response }) => sum + response.totalCount, 0),
    failures: steps.reduce((sum, { failures }) => sum + failures, 0),
    iterations: progress.reduce((sum, { iterations }) => sum + iterations, 0),
  }
}

function couldKeepUp({ recorded, threads }: RunSoFar, { requests }: Figures): boolean {
  return judgeConnections(judgeThreads(threads), { requests, failureReasons: recorded.failureReasons }).valid
}

/** The share of its load that a run has made: of its users' time, its arrivals, or its time. */
function doneOf(model: LoadModel, { recorded, progress }: RunSoFar): number {
  const sum = (count: (shard: ShardProgress) => number): number =>
    progress.reduce((all, shard) => all + count(shard), 0)
  if (model.kind === 'closed') return sum(({ userMs }) => userMs) / (mostUsersOf(model) * durationOf(model))
  if (model.kind === 'open') return (sum(({ iterations }) => iterations) + recorded.skipped) / constantArrivals(model)
  return (1000 * Math.max(0, ...progress.map(({ seconds }) => seconds))) / durationOf(model)
}

/** Whether a condition is missed when `growth` times as much has come in the end, and nothing of the rest is bad. */
function missesAny({ conditions }: Limit, figures: Figures, growth: number): boolean {
  const { recorded, iterations } = figures
  if (!limitErrors(conditions) && recorded.errors > errorsAllowed * iterations * growth) return true
  return conditions.some((condition) => {
    const best = condition.comparator.startsWith('<') ? lowestOf(condition, figures, growth) : null
    return best !== null && !meets(condition, best)
  })
}

/** The lowest that the metric of a condition can come to; null where that is not known. */
function lowestOf({ metric }: Threshold, { recorded, requests, failures, iterations }: Figures, growth: number) {
  const { skipped, errors } = recorded
  if (metric === 'failures') return shareOf(failures, requests * growth)
  if (metric === 'errors') return shareOf(errors, iterations * growth)
  if (metric === 'skipped') return shareOf(skipped, (iterations + skipped) * growth)
  const wanted = percentileOf(metric)
  if (wanted === null) return null
  // All that is yet to come is faster, so that the slow ones are a smaller share of it.
  const slowest = (100 - wanted.percentile) * growth
  const histogram = slowest < 100 ? histogramOf(wanted.of, recorded) : null
  return histogram && percentileMs(histogram, 100 - slowest)
}

function shareOf(count: number, all: number): number | null {
  return all > 0 ? count / all : null
}

function histogramOf(of: string, { steps }: MetricsTotal): LatencyHistogram | null {
  const all = [...steps.values()]
  if (of === 'response_time') return mergeHistograms(all.map(({ response }) => response))
  if (of === 'service_time') return mergeHistograms(all.map(({ service }) => service))
  return steps.get(/^steps\[(.+)\]$/.exec(of)?.[1] ?? '')?.response ?? null
}
