import { formatBytes, formatCount, formatDuration, formatLatency, formatNumber } from '../../base/format.ts'
import type { LimitRecord, LoadRecord, LoadReport, ThresholdRecord } from '../../record/record.ts'
import { formatActual, isMet } from './answers.ts'
import { factTable, type ScreenBlock, type DocumentTable } from './document.ts'
import { timeName } from './load-figures.ts'

type Worker = NonNullable<LoadRecord['workers']>[number]

/** A row for each step, and for all of them. A screen has no service times where they are the same as the others. */
export function stepTable(load: LoadRecord, forScreen = false): DocumentTable {
  const requests = (of: Pick<LoadRecord, 'requests' | 'failures' | 'rps'>) => [
    formatCount(of.requests),
    formatCount(of.failures),
    formatNumber(of.rps),
  ]
  const rows = load.steps.map((step) => [
    step.name,
    ...requests(step),
    ...latencies(step.responseTime),
    formatBytes(step.meanBytes),
  ])
  const service = [forScreen ? 'service time' : 'all, service time', '', '', '', ...latencies(load.serviceTime), '']
  const size = forScreen ? formatBytes(meanBytes(load.steps)) : ''
  return {
    head: [timeName(load), 'requests', 'failures', 'req/s', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean size'],
    rows: [
      ...rows,
      ['all', ...requests(load), ...latencies(load.responseTime), size],
      ...(forScreen && load.model?.kind === 'saturation' ? [] : [service]),
    ],
    numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  }
}

function latencies({ p50, p90, p95, p99, p999, max }: LoadRecord['responseTime']): string[] {
  return [p50, p90, p95, p99, p999, max].map(formatLatency)
}

function meanBytes(steps: LoadRecord['steps']): number {
  const requests = steps.reduce((sum, step) => sum + step.requests, 0)
  return requests > 0 ? steps.reduce((sum, step) => sum + step.meanBytes * step.requests, 0) / requests : 0
}

/** A row for each statement within transactions, which are steps as a whole. */
export function statementTable(statements: LoadRecord['steps']): DocumentTable {
  const rows = statements.map(({ name, requests, failures, rps, serviceTime }) => [
    name,
    formatCount(requests),
    formatCount(failures),
    formatNumber(rps),
    ...latencies(serviceTime),
  ])
  return {
    head: ['within transactions', 'times', 'failures', 'a second', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'],
    rows,
    numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  }
}

/** A row for each trial of a search. */
export function trialTable({ raised, trials }: LimitRecord): DocumentTable {
  // Most searches have none.
  const withErrors = trials.some(({ errors = 0 }) => errors > 0)
  const head = [
    raised === 'request rate' ? 'rate' : raised,
    'length',
    'requests',
    'failures',
    ...(withErrors ? ['errors'] : []),
    'skipped',
    'req/s',
    'p50',
    'p95',
    'p99',
    'outcome',
  ]
  const rows = trials.map(
    ({ level, seconds, requests, failures, errors = 0, skipped, rps, p50, p95, p99, outcome, decided = false }) => [
      formatCount(level),
      formatDuration(seconds * 1000),
      formatCount(requests),
      formatCount(failures),
      ...(withErrors ? [formatCount(errors)] : []),
      formatCount(skipped),
      formatNumber(rps),
      ...[p50, p95, p99].map(formatLatency),
      decided ? `${outcome}, ended early` : outcome,
    ],
  )
  return { head, rows, numeric: head.slice(0, -1).map((_, column) => column) }
}

/** A row for each threshold. */
export function thresholdTable(thresholds: readonly ThresholdRecord[]): DocumentTable {
  const rows = thresholds.map((threshold) => [
    threshold.expression,
    formatActual(threshold),
    isMet(threshold) ? '✓ met' : '✕ not met',
  ])
  return { head: ['threshold', 'measured', 'verdict'], rows, numeric: [1] }
}

/** The most frequent reason first. */
export function reasonTable(reasons: Readonly<Record<string, number>>): DocumentTable {
  const rows = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => [reason, formatCount(times)])
  return { head: ['reason', 'times'], rows, numeric: [1] }
}

/** A row for each fault that was injected. */
export function faultTable(faults: NonNullable<LoadRecord['faults']>): DocumentTable {
  const rows = faults.map(({ kind, atMs, lastedMs, detail }) => [
    kind,
    formatDuration(atMs),
    formatLatency(lastedMs),
    detail,
  ])
  return { head: ['fault', 'at', 'lasted', 'what was done'], rows, numeric: [1, 2] }
}

/** How the load generator fared. */
export function generatorTable(generator: LoadReport['generator']): DocumentTable {
  const { cpuPercent, eventLoopLagP99, lateStartP99, maxRssMb, stalledMs, longestStallMs } = generator
  return factTable('what', [
    ['processor', `${formatNumber(cpuPercent)}% of a core`],
    ['event loop late, p99', formatLatency(eventLoopLagP99)],
    ...(stalledMs === undefined ? [] : [['event loop stood still, in all', formatLatency(stalledMs)]]),
    ...(longestStallMs === undefined ? [] : [['at a time, at most', formatLatency(longestStallMs)]]),
    ['requests sent late, p99', formatLatency(lateStartP99)],
    ['memory', `${formatCount(maxRssMb)} MB`],
  ])
}

/** More would push what matters from the screen; reports in other forms have all. */
const shownWorkers = 20

/** The workers on a screen: of very many only the first, and those that were lost. */
export function workerBlock(workers: readonly Worker[]): ScreenBlock {
  const shown = workers.filter(({ lost }, index) => index < shownWorkers || lost !== undefined)
  const others = workers.length - shown.length
  return [workerTable(shown), ...(others > 0 ? [{ text: `and ${formatCount(others)} others` }] : [])]
}

/** A row for each worker. */
export function workerTable(workers: readonly Worker[]): DocumentTable {
  const withErrors = workers.some(({ errors = 0 }) => errors > 0)
  const head = [
    'worker',
    'host',
    'requests',
    'failures',
    ...(withErrors ? ['errors'] : []),
    'bookings',
    'CPU',
    'loop late',
    'sent late',
    'clock',
    'ended',
  ]
  const rows = workers.map((worker) => [
    worker.name,
    worker.host,
    formatCount(worker.requests),
    formatCount(worker.failures),
    ...(withErrors ? [formatCount(worker.errors ?? 0)] : []),
    formatCount(worker.bookings),
    worker.cpuPercent === undefined ? '-' : `${formatNumber(worker.cpuPercent)}%`,
    formatLatency(worker.eventLoopLagP99 ?? null),
    formatLatency(worker.lateStartP99 ?? null),
    clockPhrase(worker),
    worker.lost ?? 'in time',
  ])
  return { head, rows, numeric: head.slice(2, -1).map((_, column) => column + 2) }
}

/** The offset of a clock, and how far it may be from that. */
function clockPhrase({ clockOffsetMs, clockRoundTripMs }: Worker): string {
  if (clockOffsetMs === undefined || clockRoundTripMs === undefined) return '-'
  const sign = clockOffsetMs < 0 ? '-' : '+'
  return `${sign}${formatLatency(Math.abs(clockOffsetMs))} ±${formatLatency(clockRoundTripMs / 2)}`
}
