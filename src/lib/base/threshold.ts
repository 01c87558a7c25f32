import { cutTo, quoted } from './cut-text.ts'
import { failure } from './errors/errors.ts'

/** A limit that a run has to hold. */
export interface Threshold {
  /** As it was given. */
  readonly expression: string
  readonly metric: string
  readonly comparator: Comparator
  /** In ms for times, as a share of 1 for rates, else as it was given. */
  readonly limit: number
}

/** A threshold checked against a run. */
export interface ThresholdResult extends Threshold {
  /** Null when the metric has no samples; such a threshold is not met. */
  readonly actual: number | null
  readonly passed: boolean
}

type Comparator = '<' | '<=' | '>' | '>='

/** A metric of a run that a threshold can limit. */
export interface ThresholdMetric<Run> {
  readonly unit: 'time' | 'share' | 'number'
  /** Times in ms; null without samples. */
  readonly read: (run: Run) => number | null
}

/** The metrics of one kind of run. */
export interface ThresholdMetrics<Run> {
  /** Null for a name that there is not. */
  find(name: string): ThresholdMetric<Run> | null
  /** Names, for whoever took another one. */
  readonly known: readonly string[]
}

const comparators: Readonly<Record<Comparator, (actual: number, limit: number) => boolean>> = {
  '<': (actual, limit) => actual < limit,
  '<=': (actual, limit) => actual <= limit,
  '>': (actual, limit) => actual > limit,
  '>=': (actual, limit) => actual >= limit,
}

/** Powers of ten, to ms and to a share of 1; as a factor they would not be exact: 35 * 0.01 is more than 0.35. */
const units: Readonly<Record<ThresholdMetric<never>['unit'], Readonly<Record<string, number>>>> = {
  time: { us: -3, ms: 0, s: 3 },
  share: { '%': -2 },
  number: { '': 0 },
}

/**
 * Reads `response_time.p99<500ms`, `failures<1%`, `rps>=1000`, `steps[book].p95<50ms`. Throws
 * `usage-wrong`, which says what is allowed.
 */
export function readThreshold<Run>(expression: string, metrics: ThresholdMetrics<Run>): Threshold {
  const { name, comparator, amount, unit } = splitExpression(expression) ?? noParts
  const metric = metrics.find(name)
  // A number too large for a double is Infinity, which no run could miss.
  if (amount === '' || !metric || !Number.isFinite(Number(`${amount}e3`))) {
    throw failure('usage-wrong', {
      reason: `The threshold ${quoted(expression)} cannot be read. It takes METRIC<LIMIT, such as 'response_time.p99<500ms', with one of: ${metrics.known.join(', ')}.`,
    })
  }
  const power = units[metric.unit][unit]
  if (power === undefined) {
    const known = Object.keys(units[metric.unit])
      .map((word) => word || 'none')
      .join(', ')
    throw failure('usage-wrong', {
      reason: `The threshold ${quoted(expression)} needs another unit: ${cutTo(80, name)} takes ${known}.`,
    })
  }
  return { expression, metric: name, comparator, limit: Number(`${amount}e${power}`) }
}

interface Parts {
  readonly name: string
  readonly comparator: Comparator
  readonly amount: string
  readonly unit: string
}

const noParts: Parts = { name: '', comparator: '<', amount: '', unit: '' }

/** At the last comparator, since a name may hold others; null without a limit behind it. */
function splitExpression(expression: string): Parts | null {
  const at = Math.max(expression.lastIndexOf('<'), expression.lastIndexOf('>'))
  const comparator = expression.startsWith('=', at + 1) ? expression.slice(at, at + 2) : expression[at]
  const isComparator = (text = ''): text is Comparator => Object.hasOwn(comparators, text)
  if (!isComparator(comparator)) return null
  const [, amount, unit = ''] =
    /^(\d+(?:\.\d+)?)\s*([a-z%]*)$/.exec(expression.slice(at + comparator.length).trim()) ?? []
  return amount === undefined ? null : { name: expression.slice(0, at).trim(), comparator, amount, unit }
}

/** Checks a run against a threshold. A metric without samples fails: nothing was proved. */
export function holdAgainst<Run>(threshold: Threshold, run: Run, metrics: ThresholdMetrics<Run>): ThresholdResult {
  const actual = metrics.find(threshold.metric)?.read(run) ?? null
  return { ...threshold, actual, passed: actual !== null && meets(threshold, actual) }
}

/** Whether so much of its metric meets a threshold. */
export function meets({ comparator, limit }: Threshold, actual: number): boolean {
  return comparators[comparator](actual, limit)
}
