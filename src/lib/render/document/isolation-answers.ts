import { anomalyNames, judgedPhrase, levelName } from '../../audit/isolation/judged-phrase.ts'
import { countOf, upperFirst } from '../../base/format.ts'
import type { AnomalyRecord, IsolationRecord } from '../../record/isolation-record.ts'
import { section, type Answer, type Line, type Section } from './document.ts'

/** The isolation that transactions showed, beside the level that they asked for. */
export function isolationAnswer(isolation: IsolationRecord, passed: boolean): Answer {
  const { asked, consistentWith, anomalies, caveats } = isolation
  const shown = consistentWith.filter((level) => level !== 'strict-serializable')
  const levels = shown.length === consistentWith.length ? shown.map(levelName) : ['serializable']
  const held = levels.length === 0 ? 'consistent with no level' : `consistent with ${levels.join(' and ')}`
  const label = passed
    ? ({ label: 'isolation', tone: 'good' } as const)
    : ({ label: 'ISOLATION', tone: 'bad' } as const)
  const [caveat = ''] = caveats
  return {
    question: 'Which isolation does it give?',
    grade: passed ? 'good' : 'bad',
    answer: passed || asked === undefined ? upperFirst(held) : `Not ${levelName(asked)}, but ${held}`,
    detail: `${upperFirst(judgedPhrase(isolation))}. ${caveat}`,
    lines: [
      { ...label, text: judgedPhrase(isolation) },
      ...anomalies.map((anomaly): Line => ({
        label: '',
        text: `${anomalyNames[anomaly.kind]}, ${timesOf(anomaly)}: ${anomaly.story}`,
      })),
      { label: '', tone: 'faint', text: caveat },
    ],
  }
}

/** Sections on every level, on what was found, and on each example. */
export function isolationSections({ levels, anomalies, caveats }: IsolationRecord): Section[] {
  const levelRows = levels.map(({ level, consistent, brokenBy }) => [
    levelName(level),
    consistent ? 'yes' : 'no',
    brokenBy.map((kind) => anomalyNames[kind]).join('; '),
  ])
  const anomalyRows = anomalies.map((anomaly) => [
    anomalyNames[anomaly.kind],
    timesOf(anomaly),
    anomaly.rulesOut.map(levelName).join(', '),
    anomaly.story,
  ])
  const levelTable = { head: ['level', 'consistent with it', 'broken by'], rows: levelRows, numeric: [] }
  const anomalyTable = { head: ['anomaly', 'found', 'breaks', 'smallest example'], rows: anomalyRows, numeric: [] }
  return [
    section('Isolation', { text: caveats, table: levelTable, depth: 'brief' }),
    ...(anomalies.length > 0 ? [section('Anomalies', { table: anomalyTable, depth: 'brief' })] : []),
    ...anomalies.filter(({ transactions }) => transactions.length > 0).map(exampleSection),
  ]
}

function exampleSection({ kind, transactions, cycle }: AnomalyRecord): Section {
  const rows = transactions.map(({ id, user, outcome, operations }) => [id, user, outcome, operations.join('; ')])
  const table = { head: ['transaction', 'user', 'outcome', 'did'], rows, numeric: [] }
  const text = cycle.map(
    ({ from, to, dependency, because }) => `${from} comes before ${to} (${dependency}): ${because}.`,
  )
  return section(`Example: ${anomalyNames[kind]}`, { text, table })
}

function timesOf({ count, atLeast = false }: AnomalyRecord): string {
  return `${atLeast ? 'at least ' : ''}${countOf(count, 'time')}`
}
