import { formatBytes, formatCount, formatDuration, formatLatency, formatNumber, formatShare } from '../format.ts'
import type { LoadReport } from '../record.ts'
import { modelPhrase } from '../text.ts'
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
    subject: `${modelPhrase(load)} for ${formatDuration(load.seconds * 1000)}, ${load.workload} on ${load.target}`,
    ...runFacts(report),
    answers,
    figures: figuresOf(report),
    sections: [...findings(report), ...runSections(report)],
  }
}

function figuresOf({ load }: LoadReport): Figure[] {
  const { booked, conflict, failed, unknown } = load.outcomes
  const ideal = load.idealRps > 0 ? `${formatShare(load.rps / load.idealRps)} of ideal` : ''
  return [
    { label: 'requests a second', value: formatNumber(load.rps), note: ideal },
    { label: 'response time, p50', value: formatLatency(load.responseTime.p50), note: '' },
    { label: 'response time, p99', value: formatLatency(load.responseTime.p99), note: '' },
    {
      label: 'requests failed',
      value: formatCount(load.failures),
      note: load.requests > 0 ? `${formatShare(load.failures / load.requests)} of ${formatCount(load.requests)}` : '',
    },
    ...skippedFigures(load),
    {
      label: 'bookings',
      value: formatCount(booked),
      note: `${formatCount(conflict)} refused, ${formatCount(failed + unknown)} failed`,
    },
  ]
}

function skippedFigures({ model, iterations = 0, skipped = 0 }: LoadReport['load']): Figure[] {
  if (model?.kind !== 'open') return []
  const due = iterations + skipped
  const share = due > 0 ? `${formatShare(skipped / due)} of ${formatCount(due)}` : ''
  return [{ label: 'iterations skipped', value: formatCount(skipped), note: share }]
}

function findings(report: LoadReport): Section[] {
  const { load, audit, thresholds, generator } = report
  const spectrum = spectrumChart(load)
  return [
    section('Over time', { charts: loadCharts(load) }),
    section('Steps', { table: stepTable(load), depth: 'brief' }),
    ...(thresholds.length > 0 ? [section('Thresholds', { table: thresholdTable(thresholds), depth: 'brief' })] : []),
    ...(load.failures > 0 ? [section('Failures', { table: failureTable(load), depth: 'brief' })] : []),
    ...violationSections(audit),
    ...(spectrum ? [section('The whole spectrum', { text: [spectrumText], charts: [spectrum] })] : []),
    section('Load generator', { table: generatorTable(generator), depth: 'appendix' }),
  ]
}

const spectrumText =
  'Response time counts from the moment a request should have been sent, service time from the moment it was sent. Where they part, requests had to wait for their turn.'

type Times = LoadReport['load']['responseTime']

function stepTable(load: LoadReport['load']): Table {
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
    head: ['response time', 'requests', 'failures', 'req/s', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean size'],
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

function failureTable({ failureReasons }: LoadReport['load']): Table {
  const rows = Object.entries(failureReasons)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, times]) => [reason, formatCount(times)])
  return { head: ['reason', 'times'], rows, numeric: [1] }
}

function generatorTable({ cpuPercent, eventLoopLagP99, lateStartP99, maxRssMb }: LoadReport['generator']): Table {
  const rows = [
    ['processor', `${formatNumber(cpuPercent)}% of a core`],
    ['event loop late, p99', formatLatency(eventLoopLagP99)],
    ['requests sent late, p99', formatLatency(lateStartP99)],
    ['memory', `${formatCount(maxRssMb)} MB`],
  ]
  return { head: ['what', 'value'], rows, numeric: [] }
}
