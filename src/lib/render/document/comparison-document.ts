import type { ComparedMetric } from '../../compare/compare-metrics.ts'
import type { Comparison } from '../../compare/compare.ts'
import { comparisonRow, metricTable, sidesPhrase, verdictSentence } from './comparison-phrases.ts'
import {
  section,
  type Answer,
  type ScreenBlock,
  type Check,
  type Document,
  type Grade,
  type Section,
} from './document.ts'

const grades: Readonly<Record<Comparison['verdict'], Grade>> = {
  better: 'good',
  same: 'good',
  worse: 'bad',
  inconclusive: 'plain',
  'not valid': 'bad',
}

const headlines: Readonly<Record<Comparison['verdict'], string>> = {
  better: 'Better',
  same: 'The same',
  worse: 'Worse',
  inconclusive: 'Inconclusive',
  'not valid': 'Not valid',
}

/** Returns the document of a comparison that was made `at` a time. */
export function comparisonDocument(comparison: Comparison, at: Date): Document {
  const { verdict, runs, metrics, leftOut, faults, differences } = comparison
  return {
    name: 'compare',
    kind: 'Comparison',
    headline: headlines[verdict],
    grade: grades[verdict],
    subject: sidesPhrase(comparison),
    startedAt: at.toISOString(),
    answers: [changeAnswer(comparison), runsAnswer(comparison)],
    figures: [
      { label: 'runs of the baseline', value: String(runs.baseline), note: 'compared' },
      { label: 'runs of the candidate', value: String(runs.candidate), note: 'compared' },
    ],
    sections: [
      ...listSection('What went wrong', faults),
      ...(metrics.length > 0 ? [section('Metrics', { table: metricTable(comparison), depth: 'brief' })] : []),
      ...listSection('Left out', leftOut),
      ...listSection('What differs besides the figures', differences),
    ],
    command: null,
    screen: comparisonScreen(comparison),
    checks: comparisonChecks(comparison),
    data: [],
  }
}

function changeAnswer(comparison: Comparison): Answer {
  const { verdict } = comparison
  return {
    question: 'Has anything changed?',
    grade: grades[verdict],
    answer: headlines[verdict],
    detail: verdictSentence(comparison),
    lines: [],
  }
}

function runsAnswer({ leftOut }: Comparison): Answer {
  const question = 'Which runs?'
  if (leftOut.length === 0)
    return { question, grade: 'plain', answer: 'All that were made', detail: 'None had to be left out.', lines: [] }
  const detail = `${leftOut.length} were left out, which are named below.`
  return { question, grade: 'plain', answer: 'Those that are valid', detail, lines: [] }
}

function listSection(title: string, lines: readonly string[]): Section[] {
  return lines.length > 0 ? [section(title, { text: lines, depth: 'brief' })] : []
}

/** The table, what must not be trusted, and last the verdict. */
function comparisonScreen(comparison: Comparison): ScreenBlock[] {
  const { metrics, faults, leftOut, differences, verdict } = comparison
  const tones = { good: 'good', bad: 'bad', plain: 'bold' } as const
  return [
    [
      ...(metrics.length > 0
        ? [metricTable(comparison), { text: sidesPhrase(comparison), tone: 'faint' } as const]
        : []),
      ...(differences.length > 0
        ? [{ text: 'The runs differ in more than their figures:', tone: 'bad' } as const]
        : []),
      ...differences.map((difference) => ({ text: `  ${difference}` })),
      ...leftOut.map((run) => ({ text: `left out: ${run}`, tone: 'bold' }) as const),
      ...faults.map((fault) => ({ text: fault, tone: 'bad' }) as const),
    ],
    [{ text: verdictSentence(comparison), tone: tones[grades[verdict]] }],
  ]
}

/** One for each metric that gates, and two for the runs themselves. */
function comparisonChecks(comparison: Comparison): Check[] {
  const { metrics, faults, leftOut, verdict } = comparison
  const runs: Check[] = [
    {
      group: 'compare',
      name: 'nothing went wrong in the runs of the candidate',
      failure: faults.length > 0 ? faults.join('; ') : null,
    },
    {
      group: 'compare',
      name: 'enough runs are valid',
      failure: verdict === 'not valid' ? `${verdictSentence(comparison)} ${leftOut.join('; ')}` : null,
    },
  ]
  return [...runs, ...metrics.filter(({ gates }) => gates).map(checkOf)]
}

function checkOf(metric: ComparedMetric): Check {
  const [, baseline, candidate, change, interval] = comparisonRow(metric)
  const figures = `${baseline} before, ${candidate} now, ${change} (${interval})`
  const known = { group: 'compare.metrics', name: metric.name }
  if (metric.verdict === 'missing') return { ...known, failure: `not measured in all runs: ${figures}` }
  if (metric.verdict === 'worse') return { ...known, failure: `worse: ${figures}` }
  return {
    ...known,
    failure: null,
    ...(metric.verdict === 'inconclusive' ? { skipped: `inconclusive: ${figures}` } : {}),
  }
}
