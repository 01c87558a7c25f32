import { formatCount, formatDuration } from '../../base/format.ts'
import type { SeedReport } from '../../record/record.ts'
import { durabilityAnswers } from './answers.ts'
import { headlineOf, section, type Answer, type Digest, type Section } from './digest.ts'
import { runFacts, runSections } from './run-facts.ts'

/** A seeding for people. */
export function seedDigest(report: SeedReport): Digest {
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
    sections: [wayIn(report), ...runSections(report)],
  }
}

function storedAnswer({ rows, seconds, strategy, durability, passedOver }: SeedReport): Answer {
  return {
    question: 'Stored?',
    verdict: 'good',
    answer: `${formatCount(rows)} rows stored`,
    detail: `In ${formatDuration(seconds * 1000)} by ${strategy} (${durability})${passedOver.length > 0 ? '; faster ways could not be used' : ''}.`,
  }
}

function verifiedAnswer({ verified }: SeedReport): Answer {
  const question = 'As they should be?'
  if (!verified)
    return { question, verdict: 'plain', answer: 'Not verified', detail: 'It was not asked for with --verify.' }
  return {
    question,
    verdict: 'good',
    answer: 'Every row verified',
    detail: `${formatCount(verified.rows)} rows in the table, checksum ${verified.checksum}, as expected.`,
  }
}

function wayIn(report: SeedReport): Section {
  const { strategy, durability, keys, order, indexes, connections, resumedAt, finishSeconds, passedOver } = report
  const { workers = [] } = report
  const rows = [
    ['way in', strategy],
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
  return section('The way in', { table: { head: ['what', 'value'], rows, numeric: [] }, depth: 'brief' })
}
