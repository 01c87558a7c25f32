import { formatCount, formatLatency, formatNumber, formatTable, plain } from '../../base/format.ts'
import type { LoadRecord, LoadReport } from '../../record/record.ts'

type LoadWorker = NonNullable<LoadRecord['workers']>[number]

/** Of how many threads or workers the figures of the generator are the worst; empty for a single one. */
function busiestPhrase({ load, generator }: LoadReport): string {
  const { workers = [] } = load
  const { threads = [] } = generator
  if (workers.length > 0) return `the busiest of ${formatCount(workers.length)} workers`
  return threads.length > 1 ? `the busiest of ${formatCount(threads.length)} threads` : ''
}

/** How the busiest part of the load generator fared, in one line. */
export function healthPhrase(report: LoadReport): string {
  const { cpuPercent, eventLoopLagP99, longestStallMs = 0, maxRssMb } = report.generator
  const phrase = busiestPhrase(report)
  const still = longestStallMs > 0 ? `, still for ${formatLatency(longestStallMs)} at most` : ''
  return `${phrase === '' ? '' : `${phrase}: `}${formatNumber(cpuPercent)}% of a core, event loop ${formatLatency(eventLoopLagP99)} late at p99${still},${sentLate(report.load)} ${formatCount(maxRssMb)} MB`
}

/** Lateness that no response time contains, as long as it is only that of timers. */
function sentLate({ lateStartP50 }: LoadRecord): string {
  return lateStartP50 === undefined || lateStartP50 === null
    ? ''
    : ` requests ${formatLatency(lateStartP50)} late at p50,`
}

/** More would push what matters from the screen; reports in other forms have all. */
const shownWorkers = 20

/** A row for each worker, of very many only for the first, and for those that were lost. */
export function workerTable(workers: readonly LoadWorker[]): string {
  const shown = workers.filter(({ lost }, index) => index < shownWorkers || lost !== undefined)
  const { head, rows, numeric } = workerRows(shown)
  const table = formatTable(
    head,
    rows.map((row) => row.map(plain)),
    numeric,
  )
  const others = workers.length - shown.length
  return others > 0 ? `${table}\nand ${formatCount(others)} others` : table
}

/** The workers as text in columns; `numeric` are those of numbers. */
export function workerRows(workers: readonly LoadWorker[]) {
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
function clockPhrase({ clockOffsetMs, clockRoundTripMs }: LoadWorker): string {
  if (clockOffsetMs === undefined || clockRoundTripMs === undefined) return '-'
  const sign = clockOffsetMs < 0 ? '-' : '+'
  return `${sign}${formatLatency(Math.abs(clockOffsetMs))} ±${formatLatency(clockRoundTripMs / 2)}`
}
