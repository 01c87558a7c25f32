import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatNumber,
  formatShare,
} from '../../base/format.ts'
import { trialRows } from '../terminal/limit-text.ts'
import { errorShare } from '../../load/metrics/load-verdict.ts'
import type { LoadRecord, LoadReport } from '../../record/record.ts'
import { sendsOne, startsOf } from '../terminal/single-request.ts'
import { modelPhrase, targetPhrase } from '../terminal/text.ts'
import { workerRows } from '../terminal/workers-text.ts'
import { formatActual, isMet, loadAnswers } from './answers.ts'
import { headlineOf, section, type Digest, type Figure, type Section, type Table } from './digest.ts'
import { loadCharts, spectrumChart } from './load-charts.ts'
import { runFacts, runSections } from './run-facts.ts'
import { violationSections } from './violations.ts'

/** A load run for people. */
export function loadDigest(report: LoadReport): Digest {
  const { load } = report
  const answers = loadAnswers(report)
  return {
    kind: 'Load',
    ...headlineOf(answers),
    subject: `${modelPhrase(load)} for ${formatDuration(load.seconds * 1000)}, ${load.workload} on ${targetPhrase(report)}`,
    ...runFacts(report),
    answers,
    figures: figuresOf(report),
    sections: [...findings(report), ...runSections(report)],
  }
}

function figuresOf({ load, audit }: LoadReport): Figure[] {
  return [
    { label: 'requests a second', value: formatNumber(load.rps), note: idealNote(load) },
    { label: `${timeName(load)}, p50`, value: formatLatency(load.responseTime.p50), note: '' },
    { label: `${timeName(load)}, p99`, value: formatLatency(load.responseTime.p99), note: '' },
    {
      label: 'requests failed',
      value: formatCount(load.failures),
      note: load.requests > 0 ? `${formatShare(load.failures / load.requests)} of ${formatCount(load.requests)}` : '',
    },
    ...errorFigures(load),
    ...reconnectedFigures(load),
    ...droppedFigures(load),
    ...skippedFigures(load),
    ...bookingFigures(load, audit !== null && !sendsOne(load)),
  ]
}

/** Without think time a request is due when the one before it was answered, so that both times are the same. */
function timeName({ model }: LoadRecord): string {
  return model?.kind === 'saturation' ? 'service time' : 'response time'
}

function idealNote({ model, rps, idealRps }: LoadRecord): string {
  const thinks = model === undefined || model.kind === 'closed'
  return thinks && idealRps > 0 ? `${formatShare(rps / idealRps)} of ideal` : ''
}

function bookingFigures({ outcomes }: LoadRecord, audited: boolean): Figure[] {
  const { booked, conflict, failed, unknown } = outcomes
  if (!audited && booked + conflict + failed + unknown === 0) return []
  const note = `${formatCount(conflict)} refused, ${formatCount(failed + unknown)} failed`
  return [{ label: 'bookings', value: formatCount(booked), note }]
}

function errorFigures(load: LoadRecord): Figure[] {
  const { errors = 0, iterations = 0 } = load
  if (errors === 0) return []
  const share = errorShare(load)
  const note = share === null ? '' : `${formatShare(share)} of ${formatCount(iterations)}`
  return [{ label: 'iterations threw', value: formatCount(errors), note }]
}

function reconnectedFigures({ reconnected = 0 }: LoadRecord): Figure[] {
  if (reconnected === 0) return []
  return [{ label: 'requests sent again', value: formatCount(reconnected), note: 'over closed connections at first' }]
}

function droppedFigures({ droppedTexts = 0 }: LoadRecord): Figure[] {
  if (droppedTexts === 0) return []
  const note = 'over WebSockets: more came than the scenario received'
  return [{ label: 'texts dropped', value: formatCount(droppedTexts), note }]
}

function skippedFigures({ model, iterations = 0, skipped = 0 }: LoadRecord): Figure[] {
  if (model?.kind !== 'open') return []
  const due = iterations + skipped
  const share = due > 0 ? `${formatShare(skipped / due)} of ${formatCount(due)}` : ''
  return [{ label: `${startsOf(model)} skipped`, value: formatCount(skipped), note: share }]
}

function findings(report: LoadReport): Section[] {
  const { load, limit, audit, thresholds, generator } = report
  const spectrum = spectrumChart(load)
  return [
    section('Over time', { charts: loadCharts(load) }),
    ...(limit ? [section('Trials', { table: trialRows(limit), depth: 'brief' })] : []),
    section('Steps', { table: stepTable(load), depth: 'brief' }),
    ...(thresholds.length > 0 ? [section('Thresholds', { table: thresholdTable(thresholds), depth: 'brief' })] : []),
    ...(load.failures > 0 ? [section('Failures', { table: reasonTable(load.failureReasons), depth: 'brief' })] : []),
    ...(load.errors
      ? [section('Errors of the scenario', { table: reasonTable(load.errorReasons ?? {}), depth: 'brief' })]
      : []),
    ...(load.faults?.length ? [section('Faults on purpose', { table: faultTable(load.faults), depth: 'brief' })] : []),
    ...violationSections(audit),
    ...(spectrum ? [section('The whole spectrum', { text: [spectrumText], charts: [spectrum] })] : []),
    ...(load.workers ? [section('Workers', { table: workerRows(load.workers), depth: 'full' })] : []),
    section('Load generator', { table: generatorTable(generator), depth: 'appendix' }),
  ]
}

const spectrumText =
  'Response time counts from the moment a request should have been sent, service time from the moment it was sent. Where they part, requests had to wait for their turn.'

type Times = LoadRecord['responseTime']

function stepTable(load: LoadRecord): Table {
  const rows = load.steps.map(({ name, requests, failures, rps, meanBytes, responseTime }) => [
    name,
    formatCount(requests),
    formatCount(failures),
    formatNumber(rps),
    ...latencies(responseTime),
    formatBytes(meanBytes),
  ])
  const all = [formatCount(load.requests), formatCount(load.failures), formatNumber(load.rps)]
  return {
    head: [timeName(load), 'requests', 'failures', 'req/s', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean size'],
    rows: [
      ...rows,
      ['all', ...all, ...latencies(load.responseTime), ''],
      ['all, service time', '', '', '', ...latencies(load.serviceTime), ''],
    ],
    numeric: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  }
}

function latencies({ p50, p90, p95, p99, p999, max }: Times): string[] {
  return [p50, p90, p95, p99, p999, max].map(formatLatency)
}

function thresholdTable(thresholds: LoadReport['thresholds']): Table {
  const rows = thresholds.map((threshold) => [
    threshold.expression,
    formatActual(threshold),
    isMet(threshold) ? '✓ met' : '✕ not met',
  ])
  return { head: ['threshold', 'measured', 'verdict'], rows, numeric: [1] }
}

function reasonTable(reasons: Readonly<Record<string, number>>): Table {
  const rows = Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => [reason, formatCount(times)])
  return { head: ['reason', 'times'], rows, numeric: [1] }
}

function faultTable(faults: NonNullable<LoadRecord['faults']>): Table {
  const rows = faults.map(({ kind, atMs, lastedMs, detail }) => [
    kind,
    formatDuration(atMs),
    formatLatency(lastedMs),
    detail,
  ])
  return { head: ['fault', 'at', 'lasted', 'what was done'], rows, numeric: [1, 2] }
}

function generatorTable(generator: LoadReport['generator']): Table {
  const { cpuPercent, eventLoopLagP99, lateStartP99, maxRssMb, stalledMs, longestStallMs } = generator
  const rows = [
    ['processor', `${formatNumber(cpuPercent)}% of a core`],
    ['event loop late, p99', formatLatency(eventLoopLagP99)],
    ...(stalledMs === undefined ? [] : [['event loop stood still, in all', formatLatency(stalledMs)]]),
    ...(longestStallMs === undefined ? [] : [['at a time, at most', formatLatency(longestStallMs)]]),
    ['requests sent late, p99', formatLatency(lateStartP99)],
    ['memory', `${formatCount(maxRssMb)} MB`],
  ]
  return { head: ['what', 'value'], rows, numeric: [] }
}
