import { failure } from '../errors.ts'
import type { Report } from '../reports/record.ts'
import { formatDuration } from '../reports/format.ts'
import { metricsOf, type Metric } from './metrics.ts'

/** One metric on both sides. */
export interface ComparedMetric {
  readonly name: string
  readonly unit: Metric['unit']
  readonly baseline: number | null
  readonly candidate: number | null
  /** (candidate - baseline) / baseline in percent; null when it cannot be said. */
  readonly changePercent: number | null
  /** `unknown`: measured on one side only, which fails where the metric gates. */
  readonly verdict: 'better' | 'worse' | 'same' | 'unknown'
  readonly gates: boolean
}

/** Two reports, metric by metric. */
export interface Comparison {
  readonly metrics: readonly ComparedMetric[]
  /** What differs between the two runs apart from the figures. */
  readonly differences: readonly string[]
  /** Why the comparison fails, whatever the metrics say: an audit that failed, a run that is not valid. */
  readonly faults: readonly string[]
  readonly passed: boolean
}

/**
 * Compares two reports of the same kind. A change for the worse of more than `maxChange` percent in a
 * metric that gates fails it. Throws `reports-differ` when the kinds differ.
 */
export function compareReports(baseline: Report, candidate: Report, maxChange: number): Comparison {
  if (baseline.kind !== candidate.kind) {
    throw failure('reports-differ', {
      reason: `the baseline is of kind ${baseline.kind}, the candidate of kind ${candidate.kind}`,
    })
  }
  const before = new Map(metricsOf(baseline).map((metric) => [metric.name, metric]))
  const after = new Map(metricsOf(candidate).map((metric) => [metric.name, metric]))
  const names = new Set([...before.keys(), ...after.keys()])
  const metrics = [...names].map((name) => compareMetric(before.get(name), after.get(name), maxChange))
  const faults = [...faultsOf('baseline', baseline), ...faultsOf('candidate', candidate)]
  const failed = metrics.some(({ gates, verdict }) => gates && (verdict === 'worse' || verdict === 'unknown'))
  return { metrics, differences: differencesOf(baseline, candidate), faults, passed: !failed && faults.length === 0 }
}

function compareMetric(before: Metric | undefined, after: Metric | undefined, maxChange: number): ComparedMetric {
  const { name, unit, gates, better } = (before ?? after) as Metric
  const baseline = before?.value ?? null
  const candidate = after?.value ?? null
  const known = { name, unit, gates, baseline, candidate }
  if (baseline === null || candidate === null) return { ...known, changePercent: null, verdict: 'unknown' }
  if (baseline === candidate) return { ...known, changePercent: 0, verdict: 'same' }
  // From nothing to something: no percentage says how much, but which way is clear.
  const changePercent = baseline === 0 ? null : ((candidate - baseline) / baseline) * 100
  const small = changePercent !== null && Math.abs(changePercent) <= maxChange
  const improved = better === 'lower' ? candidate < baseline : candidate > baseline
  return { ...known, changePercent, verdict: small ? 'same' : improved ? 'better' : 'worse' }
}

function faultsOf(side: string, report: Report): string[] {
  const stopped = `the ${side} was stopped before its time`
  if (report.kind === 'insert-bench') return report.interrupted ? [stopped] : []
  if (report.kind === 'seed') return []
  const faults: string[] = []
  if (report.audit && !report.audit.passed) {
    const { lost, duplicate, oversold } = report.audit
    faults.push(`the ${side}'s audit failed: ${lost} lost, ${duplicate} doubled, ${oversold} slots oversold`)
  }
  if (report.kind === 'audit') return faults
  if (!report.generator.valid) faults.push(`the ${side} is not a valid run: ${report.generator.reasons.join('; ')}`)
  if (report.load.interrupted) faults.push(stopped)
  return faults
}

/** Settings that change what is measured. */
const settingsThatMatter = [
  'scenario',
  'users',
  'duration',
  'rampUp',
  'stages',
  'arrivalRate',
  'cache',
  'cacheTtl',
  'target',
  'timeout',
  'dbPool',
  'from',
  'years',
  'opens',
  'closes',
  'every',
  'capacity',
  'inserts',
  'warmup',
  'concurrency',
  'insertRate',
  'number',
  'rows',
] as const
const environmentThatMatters = ['cpu', 'cores', 'memoryMb', 'os', 'node', 'engine', 'engineVersion'] as const

type Shown = string | number | null | undefined

function differencesOf(a: Report, b: Report): string[] {
  const pairs: [string, Shown, Shown][] = [
    ...environmentThatMatters.map((key): [string, Shown, Shown] => [key, a.environment[key], b.environment[key]]),
    ['durability', durabilityOf(a), durabilityOf(b)],
    ['workload', workloadOf(a), workloadOf(b)],
    ['arrivals', arrivalsOf(a), arrivalsOf(b)],
    ['injected faults', injectedOf(a), injectedOf(b)],
    ['seed', a.seed, b.seed],
    ...settingsThatMatter.map((key): [string, Shown, Shown] => [key, a.config[key], b.config[key]]),
  ]
  return pairs
    .filter(([, left, right]) => left !== right)
    .map(([key, left, right]) => `${key}: ${left ?? 'not set'} and ${right ?? 'not set'}`)
}

/** Sorted, so that the order in which settings were read is no difference. */
function durabilityOf({ environment }: Report): string {
  const settings = Object.entries(environment.durability).map(([name, value]) => `${name}=${value}`)
  return settings.sort().join(', ')
}

function workloadOf(report: Report): Shown {
  return report.kind === 'load' ? report.load.workload : null
}

/** Of the open model alone: settings have them also where they do nothing. */
function arrivalsOf(report: Report): Shown {
  if (report.kind !== 'load' || report.load.model?.kind !== 'open') return null
  return `${report.load.model.arrivals}, ${report.load.model.maxInFlight} in flight at most`
}

function injectedOf(report: Report): Shown {
  if (report.kind !== 'load') return null
  return report.load.faults?.map(({ kind, atMs }) => `${kind} at ${formatDuration(atMs)}`).join(', ')
}
