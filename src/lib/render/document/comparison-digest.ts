import type { Comparison } from '../../compare/compare.ts'
import { comparisonColumns, comparisonRow, sidesPhrase, verdictSentence } from '../terminal/comparison-text.ts'
import { section, type Answer, type Digest, type Section, type Verdict } from './digest.ts'

const verdicts: Readonly<Record<Comparison['verdict'], Verdict>> = {
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

/** Two sides for people; `at` is when they were compared. */
export function comparisonDigest(comparison: Comparison, at: Date): Digest {
  const { verdict, runs, metrics, leftOut, faults, differences } = comparison
  return {
    kind: 'Comparison',
    headline: headlines[verdict],
    verdict: verdicts[verdict],
    subject: sidesPhrase(comparison),
    startedAt: at.toISOString(),
    answers: [changeAnswer(comparison), runsAnswer(comparison)],
    figures: [
      { label: 'runs of the baseline', value: String(runs.baseline), note: 'compared' },
      { label: 'runs of the candidate', value: String(runs.candidate), note: 'compared' },
    ],
    sections: [
      ...listSection('What went wrong', faults),
      ...(metrics.length > 0 ? [metricsSection(comparison)] : []),
      ...listSection('Left out', leftOut),
      ...listSection('What differs besides the figures', differences),
    ],
    command: null,
  }
}

function changeAnswer(comparison: Comparison): Answer {
  const { verdict } = comparison
  return {
    question: 'Has anything changed?',
    verdict: verdicts[verdict],
    answer: headlines[verdict],
    detail: verdictSentence(comparison),
  }
}

function runsAnswer({ leftOut }: Comparison): Answer {
  const question = 'Which runs?'
  if (leftOut.length === 0)
    return { question, verdict: 'plain', answer: 'All that were made', detail: 'None had to be left out.' }
  const detail = `${leftOut.length} were left out, which are named below.`
  return { question, verdict: 'plain', answer: 'Those that are valid', detail }
}

function metricsSection({ metrics }: Comparison): Section {
  const table = {
    head: comparisonColumns.names,
    rows: metrics.map(comparisonRow),
    numeric: comparisonColumns.numeric,
  }
  return section('Metrics', { table, depth: 'brief' })
}

function listSection(title: string, lines: readonly string[]): Section[] {
  return lines.length > 0 ? [section(title, { text: lines, depth: 'brief' })] : []
}
