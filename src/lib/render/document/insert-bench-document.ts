import { countOf, formatCount, formatDuration, formatNumber, upperFirst } from '../../base/format.ts'
import type { CheckpointRecord, CurveRecord, InsertBenchReport, StreamRecord } from '../../record/record.ts'
import { thresholdAnswer } from './answers.ts'
import { insertBenchChecks } from './checks.ts'
import { formatUnit } from './chart.ts'
import { curvePhrase, forecastPhrase, isBlurred, nameOf } from './curve-phrases.ts'
import { insertBenchRows } from './data-rows.ts'
import {
  answerOf,
  headlineOf,
  section,
  type Answer,
  type Document,
  type Figure,
  type Section,
  type DocumentTable,
} from './document.ts'
import { curveCharts, stallChart, streamCharts } from './insert-bench-charts.ts'
import { insertBenchScreen, leftPhrase, scheduleMisses } from './insert-bench-screen.ts'
import { counterTable, latencyTable, rowsOfStream, type BenchRow } from './insert-bench-tables.ts'
import { durabilityAnswers, nameSingleInserts, runFacts, runSections } from './run-facts.ts'

/** Returns the document of an insert benchmark; `original` stands beside its figures unless null. */
export function insertBenchDocument(report: InsertBenchReport, original: string | null = null): Document {
  const { environment, checkpoints, stream } = report
  const answers = answersOf(report)
  return {
    kind: 'Insert benchmark',
    ...headlineOf(answers),
    subject: `${upperFirst(nameSingleInserts(environment))} into ${environment.engine} ${environment.engineVersion}`,
    ...runFacts(report),
    answers,
    figures: stream ? streamFigures(stream) : checkpointFigures(checkpoints),
    sections: [
      ...(checkpoints.length > 0 ? checkpointSections(report) : []),
      ...(stream ? streamSections(stream) : []),
      ...runSections(report),
    ],
    screen: insertBenchScreen(report, original),
    checks: insertBenchChecks(report),
    data: insertBenchRows(report),
  }
}

function answersOf(report: InsertBenchReport): Answer[] {
  const { interrupted, model = [], stream, checkpoints, environment, thresholds = [] } = report
  const misses = scheduleMisses(report)
  const stopped = badAnswer('Complete?', 'Stopped before its time', leftPhrase(report))
  const missed = badAnswer('Schedule kept?', 'The schedule was not kept', misses.join('; '))
  return [
    ...(interrupted ? [stopped] : []),
    ...(misses.length > 0 ? [missed] : []),
    ...(thresholds.length > 0 ? [thresholdAnswer(thresholds)] : []),
    ...model.filter(({ against }) => against === undefined).map(modelAnswer),
    ...(stream ? [rateAnswer(stream), stallAnswer(stream)] : []),
    ...(model.length === 0 && !stream ? [measuredAnswer(checkpoints)] : []),
    ...durabilityAnswers(environment),
  ]
}

function badAnswer(question: string, answer: string, detail: string): Answer {
  return answerOf('bad', question, answer, `${upperFirst(detail)}.`)
}

function modelAnswer(model: CurveRecord): Answer {
  return answerOf(
    'plain',
    `Does p50 grow with the rows, ${model.keys} keys?`,
    `${shapeOf(model)} with ${model.keys} keys`,
    `${upperFirst(curvePhrase(model))}.`,
  )
}

function shapeOf(model: CurveRecord): string {
  const { shape, knee } = model
  if (shape === 'knee' && knee) return `A knee at ${formatUnit('rows', knee.value)} rows`
  if (shape === 'logarithmic') return 'p50 follows the logarithm of the rows'
  if (shape === 'drift') return 'The machine drifted, not the table'
  if (shape !== 'flat') return 'No shape that can be named'
  return isBlurred(model) ? 'Too noisy to tell growth' : 'Flat p50'
}

function rateAnswer({ inserts, seconds, exitInsertsPerSecond, keys }: StreamRecord): Answer {
  return answerOf(
    'plain',
    `Inserts a second, ${keys} keys`,
    `${formatNumber(exitInsertsPerSecond)} inserts a second at the end`,
    `${formatNumber(inserts / seconds)} a second over all ${formatCount(inserts)} inserts.`,
  )
}

function stallAnswer({ stallCount, stallMs, seconds }: StreamRecord): Answer {
  const none = 'No insert took longer than 100 ms and 20 times the p50 of its bucket.'
  const some = `Longer than 100 ms and 20 times the p50: ${formatUnit('ms', stallMs)} of ${formatDuration(seconds * 1000)} in all.`
  return answerOf(
    'plain',
    'Stalls?',
    stallCount === 0 ? 'No stalls' : countOf(stallCount, 'stall'),
    stallCount === 0 ? none : some,
  )
}

function measuredAnswer(checkpoints: readonly CheckpointRecord[]): Answer {
  const [first, ...others] = checkpoints
  const sizes = others.length === 0 && first ? ` at ${formatCount(first.rows)} rows` : ''
  return answerOf(
    'plain',
    'The curve?',
    first ? `p50 of an insert is ${formatUnit('us', first.p50)}${sizes}` : 'Nothing was measured',
    'It takes three table sizes or more (--at 0,1m,2m) to tell how it changes with the rows.',
  )
}

function checkpointFigures(checkpoints: readonly CheckpointRecord[]): Figure[] {
  const orders = [...new Set(checkpoints.map(({ keys }) => keys))]
  return orders.flatMap((order) => {
    const own = checkpoints.filter(({ keys }) => keys === order)
    return [...new Set([own[0], own.at(-1)])].flatMap((checkpoint) =>
      checkpoint
        ? {
            label: `p50${order ? `, ${order} keys` : ''}`,
            value: formatUnit('us', checkpoint.p50),
            note: `at ${formatUnit('rows', checkpoint.rows)} rows`,
          }
        : [],
    )
  })
}

function streamFigures({ inserts, seconds, exitInsertsPerSecond, stallCount, buckets }: StreamRecord): Figure[] {
  const last = buckets.at(-1)
  const at = last ? `at ${formatUnit('rows', last.toRows)} rows` : ''
  return [
    { label: 'inserts', value: formatCount(inserts), note: `in ${formatDuration(seconds * 1000)}` },
    { label: 'inserts a second', value: formatNumber(exitInsertsPerSecond), note: 'over the last tenth' },
    { label: 'p50', value: formatUnit('us', last?.p50 ?? null), note: at },
    { label: 'p99', value: formatUnit('us', last?.p99 ?? null), note: at },
    { label: 'stalls', value: formatCount(stallCount), note: '' },
  ]
}

/** A row for each curve, also of what random keys cost beyond ascending keys. */
function modelTable(models: readonly CurveRecord[]): DocumentTable {
  const rows = models.map((model) => [
    nameOf(model),
    curvePhrase(model),
    `${model.reason}; noise of the blocks ${formatUnit('us', model.noise)}`,
    model.forecast ? forecastPhrase(model.forecast) : '-',
  ])
  return { head: ['keys', 'p50 over the rows, with 95% intervals', 'because', 'forecast'], rows, numeric: [] }
}

function checkpointSections(report: InsertBenchReport): Section[] {
  const { checkpoints, model = [] } = report
  return [
    section('Latency over the rows', { charts: curveCharts(checkpoints, model) }),
    ...(model.length > 0 ? [section('The fitted curves', { table: modelTable(model) })] : []),
    section('Table sizes', { table: latencyTable('rows', checkpoints), depth: 'brief' }),
    ...counterSections('rows', checkpoints),
  ]
}

function streamSections(stream: StreamRecord): Section[] {
  const rows = rowsOfStream(stream)
  const stalls = stream.stalls.map(({ startSecond, ms, rows: size }) => [
    formatUnit('seconds', startSecond),
    formatCount(size),
    formatUnit('ms', ms),
  ])
  const longest = stream.stallCount > stalls.length ? ` The ${formatCount(stalls.length)} longest are listed.` : ''
  return [
    section('On the way to the last row', { charts: streamCharts(stream) }),
    section('Stalls', {
      text: [`${stallAnswer(stream).detail}${longest}`],
      charts: stallChart(stream),
      table: stalls.length > 0 ? { head: ['after', 'rows', 'length'], rows: stalls, numeric: [0, 1, 2] } : null,
    }),
    section('Buckets', { table: latencyTable('up to rows', rows), depth: 'brief' }),
    ...counterSections('up to rows', rows),
  ]
}

function counterSections(axis: string, rows: readonly BenchRow[]): Section[] {
  const table = counterTable(axis, rows)
  return table ? [section('Server counters', { table })] : []
}
