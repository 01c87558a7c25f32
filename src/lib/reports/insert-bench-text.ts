import { formatBytes, formatCount, formatLatency, formatNumber, formatTable, plain } from './format.ts'
import type { InsertBenchReport } from './record.ts'

type Checkpoint = InsertBenchReport['checkpoints'][number]
type Counter = NonNullable<Checkpoint['counters']>[number]

const msPerUs = 0.001

/** An insert benchmark for people. `original` stands beside its figures. */
export function insertBenchSummary(report: InsertBenchReport, original: string): string {
  const { checkpoints, environment, interrupted } = report
  const durability = Object.entries(environment.durability).map(([name, value]) => `${name}=${value}`)
  return [
    plain(`single durable inserts into ${environment.engine} ${environment.engineVersion} (${durability.join(', ')})`),
    ...(interrupted ? ['stopped before its time: what follows is what was measured so far'] : []),
    ...(checkpoints.length > 0 ? ['', latencyTable(checkpoints), '', ...counterLines(checkpoints), ''] : []),
    original,
  ].join('\n')
}

/** A row for each table size and order of keys; on a schedule, service times beside the response times. */
function latencyTable(checkpoints: readonly Checkpoint[]): string {
  const keyed = checkpoints.some(({ keys }) => keys !== undefined)
  const timed = checkpoints.some(({ serviceTime }) => serviceTime !== undefined)
  const rated = checkpoints.some(({ insertsPerSecond }) => insertsPerSecond !== undefined)
  const head = [
    'rows',
    ...(keyed ? ['keys'] : []),
    'inserts',
    'mean',
    'p50',
    'p95',
    'p99',
    'max',
    ...(timed ? ['service p50', 'service p99'] : []),
    ...(rated ? ['inserts/s'] : []),
  ]
  const rows = checkpoints.map((checkpoint) => [
    formatCount(checkpoint.rows),
    ...(keyed ? [checkpoint.keys ?? ''] : []),
    formatCount(checkpoint.inserts),
    ...[checkpoint.mean, checkpoint.p50, checkpoint.p95, checkpoint.p99, checkpoint.max].map(formatUs),
    ...(timed ? [formatUs(checkpoint.serviceTime?.p50), formatUs(checkpoint.serviceTime?.p99)] : []),
    ...(rated ? [checkpoint.insertsPerSecond === undefined ? '-' : formatNumber(checkpoint.insertsPerSecond)] : []),
  ])
  return formatTable(head, rows, rightAligned(head))
}

/** The server's counters on the same axis as the latencies, or why there are none. */
function counterLines(checkpoints: readonly Checkpoint[]): string[] {
  const names = [...new Set(checkpoints.flatMap(({ counters = [] }) => counters.map(({ name }) => name)))]
  if (names.length === 0) {
    const unasked = checkpoints.every(({ counters }) => counters === undefined)
    return unasked ? [] : ['server counters: none (the server tells nothing, or not for one order of keys alone)']
  }
  const keyed = checkpoints.some(({ keys }) => keys !== undefined)
  const all = checkpoints.flatMap(({ counters = [] }) => counters)
  const isLevel = (name: string): boolean => all.some((counter) => counter.name === name && counter.kind === 'level')
  const head = ['rows', ...(keyed ? ['keys'] : []), ...names.map((name) => `${name}${isLevel(name) ? '' : '/insert'}`)]
  const rows = checkpoints.map(({ rows: size, keys, counters = [] }) => [
    formatCount(size),
    ...(keyed ? [keys ?? ''] : []),
    ...names.map((name) => formatCounter(counters.find((counter) => counter.name === name))),
  ])
  return [formatTable(head, rows, rightAligned(head))]
}

/** All but the order of keys are numbers. */
function rightAligned(head: readonly string[]): number[] {
  return head.flatMap((name, column) => (name === 'keys' ? [] : [column]))
}

function formatCounter(counter: Counter | undefined): string {
  if (!counter) return '-'
  return counter.unit === 'bytes' ? formatBytes(counter.value) : formatNumber(counter.value)
}

function formatUs(us: number | undefined): string {
  return formatLatency(us === undefined ? null : us * msPerUs)
}
