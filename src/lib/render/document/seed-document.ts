import { formatCount, formatDuration } from '../../base/format.ts'
import type { SeedReport } from '../../record/record.ts'
import { seedChecks } from './checks.ts'
import {
  answerOf,
  factTable,
  headlineOf,
  section,
  type Answer,
  type Document,
  type Line,
  type Section,
} from './document.ts'
import { connectionLines, describeRetries, durabilityAnswers, runFacts, runSections } from './run-facts.ts'
import { serverLines } from './server.ts'

/** Returns the document of a seeding. */
export function seedDocument(report: SeedReport): Document {
  const { rows, seconds, rowsPerSecond, maxRssMb, environment } = report
  const answers = [storedAnswer(report), verifiedAnswer(report), ...durabilityAnswers(environment)]
  return {
    kind: 'Seeding',
    ...headlineOf(answers),
    subject: `${formatCount(rows)} rows into ${environment.engine} ${environment.engineVersion}`,
    ...runFacts(report),
    answers,
    figures: [
      { label: 'rows', value: formatCount(rows), note: '' },
      { label: 'rows a second', value: formatCount(rowsPerSecond), note: '' },
      { label: 'time', value: formatDuration(seconds * 1000), note: '' },
      { label: 'memory', value: `${formatCount(maxRssMb)} MB`, note: 'of rushbench' },
    ],
    sections: [strategySection(report), ...runSections(report)],
    screen: [answers.flatMap(({ lines }) => lines)],
    checks: seedChecks(report),
    data: [],
  }
}

function storedAnswer(report: SeedReport): Answer {
  const { rows, seconds, strategy, durability, passedOver } = report
  return {
    question: 'Stored?',
    grade: 'good',
    answer: `${formatCount(rows)} rows stored`,
    detail: `In ${formatDuration(seconds * 1000)} by ${strategy} (${durability})${passedOver.length > 0 ? '; faster ways could not be used' : ''}.`,
    lines: storedLines(report),
  }
}

/** A shorter end goes unmentioned on a screen. */
const shownFinishSeconds = 1

function storedLines(report: SeedReport): Line[] {
  const { rows, seconds, finishSeconds = 0, rowsPerSecond, maxRssMb, resumedAt, strategy, durability } = report
  const { keys, order, indexes, connections, workers = [], environment, server } = report
  const retried = describeRetries(report.retries)
  const made = [
    keys && `${keys} keys`,
    order,
    indexes && `indexes ${indexes}`,
    connections && (connections === 1 ? 'one connection' : `${connections} connections`),
  ].filter((part) => typeof part === 'string')
  const parts = workers.map(
    ({ name, blocks, rows: stored }) => `${name} (${formatCount(blocks)} blocks, ${formatCount(stored)} rows)`,
  )
  const finish = `${formatDuration(finishSeconds * 1000)} of them for what had to wait until the rows were in`
  return [
    {
      text: `${formatCount(rows)} rows in ${formatDuration(seconds * 1000)}: ${formatCount(rowsPerSecond)} rows/s, ${formatCount(maxRssMb)} MB of memory`,
    },
    ...(finishSeconds >= shownFinishSeconds ? [{ text: finish }] : []),
    ...connectionLines(environment),
    ...(resumedAt ? [{ text: `${formatCount(resumedAt)} rows were stored before` }] : []),
    { text: `by ${strategy} (${durability})` },
    ...(made.length > 0 ? [{ text: made.join(', ') }] : []),
    ...(parts.length > 0 ? [{ text: `by ${parts.join(', ')}` }] : []),
    ...(retried === null ? [] : [{ text: `retries: ${retried}` }]),
    ...serverLines(server, environment.engine),
  ]
}

function verifiedAnswer({ verified }: SeedReport): Answer {
  const question = 'As they should be?'
  if (!verified) {
    const detail = 'It was not asked for with --verify.'
    return answerOf('plain', question, 'Not verified', detail)
  }
  const found = `${formatCount(verified.rows)} rows in the table, checksum ${verified.checksum}, as expected`
  return {
    question,
    grade: 'good',
    answer: 'Every row verified',
    detail: `${found}.`,
    lines: [{ text: `verified: ${found}` }],
  }
}

function strategySection(report: SeedReport): Section {
  const { strategy, durability, keys, order, indexes, connections, resumedAt, finishSeconds, passedOver } = report
  const { workers = [] } = report
  const rows = [
    ['strategy', strategy],
    ['a commit survived', durability],
    ...(keys ? [['order of keys', keys]] : []),
    ...(order ? [['order of rows', order]] : []),
    ...(indexes ? [['indexes made', indexes]] : []),
    ...(connections ? [['connections', formatCount(connections)]] : []),
    ...workers.map(({ name, blocks, rows: stored }) => [
      `worker ${name}`,
      `${formatCount(blocks)} blocks, ${formatCount(stored)} rows`,
    ]),
    ...(resumedAt ? [['rows stored before', formatCount(resumedAt)]] : []),
    ...(finishSeconds ? [['after the last row', formatDuration(finishSeconds * 1000)]] : []),
    ...passedOver.map((reason) => ['not used', reason]),
  ]
  return section('The bulk strategy', { table: factTable('what', rows), depth: 'brief' })
}
