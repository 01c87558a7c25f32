import { formatDuration, formatLatency } from '../../base/format.ts'
import type { LoadReport } from '../../record/record.ts'
import { loadAnswers } from './answers.ts'
import { violationSections } from './audit-answers.ts'
import { loadChecks } from './checks.ts'
import { timelineRows } from './data-rows.ts'
import {
  headlineOf,
  section,
  type ScreenBlock,
  type Document,
  type Figure,
  type Line,
  type Section,
} from './document.ts'
import { loadCharts, spectrumChart } from './load-charts.ts'
import { bookingFigures, trafficFigures, modelPhrase, targetPhrase } from './load-figures.ts'
import {
  workerBlock,
  faultTable,
  generatorTable,
  reasonTable,
  statementTable,
  stepTable,
  thresholdTable,
  trialTable,
  workerTable,
} from './load-tables.ts'
import { connectionLines, describeRetries, durabilityLines, runFacts, runSections } from './run-facts.ts'
import { serverLines } from './server.ts'
import { activityBlocks, activitySections } from './server-activity.ts'

/** Returns the document of a load; `original` stands beside its figures unless null. */
export function loadDocument(report: LoadReport, original: string | null = null): Document {
  const { load } = report
  const answers = loadAnswers(report)
  const traffic = trafficFigures(load)
  const bookings = bookingFigures(report)
  const [model, length, target] = [modelPhrase(load), formatDuration(load.seconds * 1000), targetPhrase(report)]
  return {
    kind: 'Load',
    ...headlineOf(answers),
    subject: `${model} for ${length}, ${load.workload} on ${target}`,
    ...runFacts(report),
    answers,
    figures: [...traffic, ...bookings],
    sections: [...resultSections(report), ...runSections(report)],
    screen: [
      answers.flatMap(({ lines }) => lines),
      report.limit ? [trialTable(report.limit)] : [],
      [
        { text: `${model}, ${length}, ${load.workload} on ${target}` },
        ...linesOf(traffic),
        ...faultLines(report),
        ...linesOf(bookings),
        ...databaseLines(report),
      ],
      [stepTable(load, true)],
      ...statementTables(load).map((table) => [table]),
      ...activityBlocks(load),
      load.workers ? workerBlock(load.workers) : [],
      original === null ? [] : [{ text: original, tone: 'faint' }],
    ] satisfies ScreenBlock[],
    checks: loadChecks(report),
    data: timelineRows(report),
  }
}

function linesOf(figures: readonly Figure[]): Line[] {
  return figures.flatMap(({ line }) => line ?? [])
}

/** Retries of the API, and faults that were injected. */
function faultLines({ load: { faults = [], statements }, retries }: LoadReport): Line[] {
  const retried = describeRetries(retries)
  return [
    ...(retried === null
      ? []
      : [
          {
            label: 'retries',
            text: statements ? `of transactions: ${retried}` : `of the API on its database: ${retried}`,
          },
        ]),
    ...faults.map(({ kind, atMs, lastedMs, detail }) => ({
      label: 'fault',
      text: `${kind} at ${formatDuration(atMs)} for ${formatLatency(lastedMs)}: ${detail}`,
    })),
  ]
}

function databaseLines({ environment, server }: LoadReport): Line[] {
  return [
    ...durabilityLines(environment),
    ...connectionLines(environment),
    ...serverLines(server, environment.engine, 'after the load'),
  ]
}

function resultSections(report: LoadReport): Section[] {
  const { load, limit, audit, thresholds, generator } = report
  const spectrum = spectrumChart(load)
  return [
    section('Over time', { charts: loadCharts(load) }),
    ...activitySections(load),
    ...(limit ? [section('Trials', { table: trialTable(limit), depth: 'brief' })] : []),
    section('Steps', { table: stepTable(load), depth: 'brief' }),
    ...statementTables(load).map((table) => section('Statements', { table, depth: 'brief' })),
    ...(thresholds.length > 0 ? [section('Thresholds', { table: thresholdTable(thresholds), depth: 'brief' })] : []),
    ...(load.failures > 0 ? [section('Failures', { table: reasonTable(load.failureReasons), depth: 'brief' })] : []),
    ...(load.errors
      ? [section('Errors of the scenario', { table: reasonTable(load.errorReasons ?? {}), depth: 'brief' })]
      : []),
    ...(load.faults?.length ? [section('Faults on purpose', { table: faultTable(load.faults), depth: 'brief' })] : []),
    ...violationSections(audit),
    ...(spectrum ? [section('The whole spectrum', { text: [spectrumText], charts: [spectrum] })] : []),
    ...(load.workers ? [section('Workers', { table: workerTable(load.workers), depth: 'full' })] : []),
    section('Load generator', { table: generatorTable(generator), depth: 'appendix' }),
  ]
}

const spectrumText =
  'Response time counts from the moment a request should have been sent, service time from the moment it was sent. Where they part, requests had to wait for their turn.'

function statementTables({ statements }: LoadReport['load']) {
  return statements ? [statementTable(statements)] : []
}
