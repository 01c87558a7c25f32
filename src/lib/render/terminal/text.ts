import { auditPhrase, brokenIn, firstOf } from '../../audit/audit-found.ts'
import { connectionLines } from '../../adapters/databases/connection-text.ts'
import { durabilityLines } from './durability-text.ts'
import {
  countOf,
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatNumber,
  formatShare,
  formatTable,
  plain,
} from '../../base/format.ts'
import { limitLine, trialTable } from './limit-text.ts'
import { errorShare, loadFaults } from '../../load/metrics/load-verdict.ts'
import type { AuditResult, LoadModelRecord, LoadRecord, LoadReport, SeedReport } from '../../record/record.ts'
import { describeRetries } from './retries-text.ts'
import { serverLines } from './server-text.ts'
import { sendsOne, startsOf, type OpenModel } from './single-request.ts'
import { formatActual, isMet } from '../document/answers.ts'
import { healthPhrase, workerTable } from './workers-text.ts'

/** How good and bad news are coloured; the identity where there are no colours. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  faint(text: string): string
  bold(text: string): string
}

/** A load run for people: the verdicts first, then the figures. `original` stands beside them. */
export function loadSummary(report: LoadReport, paint: Paint, original: string | null): string {
  return [
    '',
    ...verdictLines(report, paint),
    ...(report.limit ? ['', trialTable(report.limit)] : []),
    '',
    ...headlineLines(report, paint),
    '',
    stepTable(report),
    ...(report.load.workers ? ['', workerTable(report.load.workers)] : []),
    ...(original === null ? [] : ['', paint.faint(original)]),
  ].join('\n')
}

function verdictLines(report: LoadReport, paint: Paint): string[] {
  const { load, limit, generator, audit, auditFailure, thresholds } = report
  const { valid, reasons, advice } = generator
  const faults = loadFaults(report)
  // Nothing that failed is called valid, nor is what ended before its first request.
  const kept =
    faults.length === 0 && load.requests > 0
      ? `${paint.good('valid')}      the generator kept up`
      : 'generator  it kept up'
  const lines = [
    ...faults.map((fault) => `${paint.bad('FAILED')}     ${plain(fault)}`),
    ...(valid
      ? [`${kept} (${healthPhrase(report)})`]
      : reasons.map((reason, place) => `${place === 0 ? paint.bad('NOT VALID') : '         '}  ${plain(reason)}`)),
    ...(valid || advice === undefined ? [] : [`           ${plain(advice)}`]),
    auditFailure === undefined
      ? auditLine(audit, paint, !sendsOne(load))
      : `${paint.bad('NO AUDIT')}   ${plain(auditFailure)}`,
    ...(limit ? [limitLine(limit)] : []),
  ]
  if (load.interrupted)
    lines.push(`${paint.bad('stopped')}    before its time, after ${formatDuration(load.seconds * 1000)}`)
  for (const threshold of thresholds) {
    const { expression } = threshold
    const passed = isMet(threshold)
    const word = passed ? paint.good('met') : paint.bad('NOT MET')
    lines.push(`${word}${' '.repeat(passed ? 8 : 4)}${plain(expression)} (was ${formatActual(threshold)})`)
  }
  return audit ? [...lines, ...brokenLines(audit)] : lines
}

/** What the audit says in one line; null when there was none. */
export function auditLine(audit: AuditResult | null, paint: Paint, hasLedger = true): string {
  if (!audit) return `${paint.faint('no audit')}   the database behind the target is not known (name it with --db)`
  const word = audit.passed ? `${paint.good('audit ok')}   ` : `${paint.bad('AUDIT')}      `
  const unknown = audit.unknownCommitted > 0 ? `, ${formatCount(audit.unknownCommitted)} stored without an answer` : ''
  return `${word}${auditPhrase(audit, hasLedger)}${unknown}`
}

function brokenLines(audit: AuditResult): string[] {
  const shown = audit.violations.filter(({ kind }) => kind !== 'unknown-committed')
  const part = firstOf(shown.length, brokenIn(audit))
  return [...violationLines(shown), ...(part === null ? [] : [`           (${part})`])]
}

/** A line for each. */
export function violationLines(violations: AuditResult['violations']): string[] {
  return violations.map(({ kind, key, detail }) => `           ${plain(`${kind}: ${key}, ${detail}`)}`)
}

function headlineLines(report: LoadReport, paint: Paint): string[] {
  const { load, audit, retries, environment } = report
  const retried = describeRetries(retries)
  const { booked, conflict, failed, unknown } = load.outcomes
  return [
    `${modelPhrase(load)}, ${formatDuration(load.seconds * 1000)}, ${plain(load.workload)} on ${plain(targetPhrase(report))}`,
    `requests   ${paint.bold(formatCount(load.requests))}, ${paint.bold(formatNumber(load.rps))} a second${idealPhrase(load)}${afterEndPhrase(load)}`,
    `failures   ${load.failures > 0 ? paint.bad(formatCount(load.failures)) : '0'}${load.requests > 0 ? ` (${formatShare(load.failures / load.requests)})` : ''}${reasonsPhrase(load.failureReasons)}`,
    ...errorLines(load, paint),
    ...reconnectedLines(load),
    ...droppedLines(load, paint),
    ...(retried === null ? [] : [`retries    of the API on its database: ${retried}`]),
    ...skippedLines(load, paint),
    ...faultLines(load),
    ...((audit && !sendsOne(load)) || booked + conflict + failed + unknown > 0
      ? [
          `bookings   ${formatCount(booked)} booked, ${formatCount(conflict)} conflict, ${formatCount(failed)} failed, ${formatCount(unknown)} unknown`,
        ]
      : []),
    ...durabilityLines(environment),
    ...connectionLines(environment),
    ...serverLines(report.server, environment.engine, 'after the load'),
  ]
}

function errorLines(load: LoadRecord, paint: Paint): string[] {
  const { errors = 0, iterations = 0, errorReasons = {} } = load
  if (errors === 0) return []
  const share = errorShare(load)
  return [
    `errors     ${paint.bad(formatCount(errors))} of ${countOf(iterations, 'iteration')} threw${share === null ? '' : ` (${formatShare(share)})`}${reasonsPhrase(errorReasons)}`,
  ]
}

function reasonsPhrase(reasons: Readonly<Record<string, number>>): string {
  const phrases = Object.entries(reasons).map(([reason, times]) => `${plain(reason)} ${formatCount(times)}`)
  return phrases.length > 0 ? `: ${phrases.join(', ')}` : ''
}

/** What was loaded, and that it is an API of rushbench's own where a person's scenario may have been meant for another. */
export function targetPhrase({ load, config }: LoadReport): string {
  const { target = null, workload = null } = config
  const isOwn = target === null && workload !== null && workload !== load.workload
  return isOwn ? `${load.target} (the built-in API of ${workload}, as no --target was given)` : load.target
}

/** How many users or connections, or how many starts a second. */
export function modelPhrase({ model, users }: LoadRecord): string {
  if (model?.kind === 'open') {
    return `${formatNumber(model.ratePerSecond)} ${startsOf(model)} a second (${model.arrivals} arrivals)${burstPhrase(model)}, ${formatCount(users)} in flight at most`
  }
  if (model?.kind === 'saturation') {
    const by = model.engine === 'autocannon' ? ' of autocannon' : ''
    return `${countOf(model.connections, 'connection')}${by}`
  }
  const changing = (model?.stages ?? []).filter(({ durationMs }) => durationMs > 0).length > 2
  return `${changing ? 'up to ' : ''}${countOf(users, 'user')}${changing || users < 2 ? '' : startsPhrase(model)}`
}

/** Over how long the users began. */
function startsPhrase(model: LoadModelRecord | undefined): string {
  if (model?.kind !== 'closed') return ''
  if (model.starts === 'together') return ' that began at once'
  const overMs = model.starts === 'spread' ? model.startsOverMs : model.stages[0]?.durationMs
  return overMs ? ` that began over ${formatDuration(overMs)}` : ''
}

function burstPhrase({ bursts = [] }: OpenModel): string {
  const phrases = bursts.map(
    ({ factor, atMs, lengthMs }) =>
      `, ${factor} times as many from ${formatDuration(atMs)} on for ${formatDuration(lengthMs)}`,
  )
  return phrases.join('')
}

/** Said where it makes a difference that anybody could see. */
function afterEndPhrase({ afterEnd = 0, requests }: LoadRecord): string {
  return afterEnd * 100 < Math.max(1, requests)
    ? ''
    : ` (${formatCount(afterEnd)} ended after the end, and are not in the rate)`
}

function idealPhrase({ model, rps, idealRps }: LoadRecord): string {
  if (model?.kind === 'open') return ''
  if (model?.kind === 'saturation') return ' by one request after the other on each connection'
  // Users that never thought have no such rate.
  return idealRps > 0
    ? `, ${formatShare(rps / idealRps)} of what these users would make if every answer were instant`
    : ''
}

function reconnectedLines({ reconnected = 0 }: LoadRecord): string[] {
  if (reconnected === 0) return []
  return [
    `sent again ${countOf(reconnected, 'request whose kept connection', 'requests whose kept connections')} the server had closed`,
  ]
}

function droppedLines({ droppedTexts = 0 }: LoadRecord, paint: Paint): string[] {
  if (droppedTexts === 0) return []
  return [
    `dropped    ${paint.bad(countOf(droppedTexts, 'text'))} over WebSockets: more came than the scenario received`,
  ]
}

function skippedLines({ model, full, unprepared, iterations = 0, skipped = 0 }: LoadRecord, paint: Paint): string[] {
  if (model?.kind !== 'open') return []
  if (skipped === 0) return [`skipped    0 of ${formatCount(iterations)} ${startsOf(model)}`]
  const due = iterations + skipped
  const why = full
    ? `no more than ${formatCount(model.maxInFlight)} may be in flight`
    : unprepared
      ? 'users could not be prepared as fast as they were needed'
      : 'they were due when the run ended'
  return [
    `skipped    ${paint.bad(formatCount(skipped))} of ${formatCount(due)} ${startsOf(model)} (${formatShare(skipped / due)}): ${why}`,
  ]
}

function faultLines({ faults = [] }: LoadRecord): string[] {
  return faults.map(
    ({ kind, atMs, lastedMs, detail }) =>
      `fault      ${kind} at ${formatDuration(atMs)} for ${formatLatency(lastedMs)}: ${plain(detail)}`,
  )
}

function stepTable({ load }: LoadReport): string {
  // Without think time a request is due when the one before it was answered, so that the two are the same.
  const closedLoop = load.model?.kind === 'saturation'
  const head = [
    closedLoop ? 'service time' : 'response time',
    'requests',
    'failures',
    'req/s',
    'p50',
    'p90',
    'p95',
    'p99',
    'p99.9',
    'max',
    'mean size',
  ]
  const rows = [...load.steps, { ...load, name: 'all', meanBytes: meanBytes(load.steps) }].map(
    ({ name, requests, failures, rps, responseTime, meanBytes: size }) => [
      name,
      formatCount(requests),
      formatCount(failures),
      formatNumber(rps),
      ...latencies(responseTime),
      formatBytes(size),
    ],
  )
  const service = ['service time', '', '', '', ...latencies(load.serviceTime), '']
  return formatTable(head, closedLoop ? rows : [...rows, service], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
}

function latencies(times: LoadRecord['responseTime']): string[] {
  return [times.p50, times.p90, times.p95, times.p99, times.p999, times.max].map(formatLatency)
}

function meanBytes(steps: LoadRecord['steps']): number {
  const requests = steps.reduce((sum, step) => sum + step.requests, 0)
  return requests > 0 ? steps.reduce((sum, step) => sum + step.meanBytes * step.requests, 0) / requests : 0
}

/** What goes unmentioned below. */
const shownFinishSeconds = 1

/** A seeding for people. */
export function seedSummary(report: SeedReport): string {
  const {
    rows,
    seconds,
    finishSeconds = 0,
    rowsPerSecond,
    maxRssMb,
    strategy,
    durability,
    verified,
    retries,
    workers = [],
  } = report
  const retried = describeRetries(retries)
  const made = [
    report.keys && `${report.keys} keys`,
    report.order,
    report.indexes && `indexes ${report.indexes}`,
    report.connections && (report.connections === 1 ? 'one connection' : `${report.connections} connections`),
  ].filter((part) => typeof part === 'string')
  return [
    `${formatCount(rows)} rows in ${formatDuration(seconds * 1000)}: ${formatCount(rowsPerSecond)} rows/s, ${formatCount(maxRssMb)} MB of memory`,
    ...(finishSeconds >= shownFinishSeconds
      ? [`${formatDuration(finishSeconds * 1000)} of them for what had to wait until the rows were in`]
      : []),
    ...connectionLines(report.environment),
    ...(report.resumedAt ? [`${formatCount(report.resumedAt)} rows were stored before`] : []),
    plain(`by ${strategy} (${durability})`),
    ...(made.length > 0 ? [made.join(', ')] : []),
    ...(workers.length > 0 ? [`by ${workers.map(shareOfWorker).join(', ')}`] : []),
    ...(retried === null ? [] : [`retries: ${retried}`]),
    ...serverLines(report.server, report.environment.engine),
    ...(verified
      ? [`verified: ${formatCount(verified.rows)} rows in the table, checksum ${plain(verified.checksum)}, as expected`]
      : []),
  ].join('\n')
}

function shareOfWorker({ name, blocks, rows }: NonNullable<SeedReport['workers']>[number]): string {
  return `${plain(name)} (${formatCount(blocks)} blocks, ${formatCount(rows)} rows)`
}
