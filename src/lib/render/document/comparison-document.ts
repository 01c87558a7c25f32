import type { ComparedMetric } from '../../compare/compare-metrics.ts'
import type { Comparison } from '../../compare/compare.ts'
import { formatLatency, formatNumber, formatShare } from '../../base/format.ts'
import {
  answerOf,
  section,
  type Answer,
  type ScreenBlock,
  type Check,
  type Document,
  type DocumentTable,
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
      ...listSection('Left out', leftOut, 'Left out:'),
      ...listSection('What differs besides the figures', differences, differLead),
    ],
    command: null,
    screen: comparisonScreen(comparison),
    checks: comparisonChecks(comparison),
    data: [],
  }
}

function changeAnswer(comparison: Comparison): Answer {
  const { verdict } = comparison
  return answerOf(grades[verdict], 'Has anything changed?', headlines[verdict], verdictSentence(comparison))
}

function runsAnswer({ leftOut }: Comparison): Answer {
  const question = 'Which runs?'
  if (leftOut.length === 0) return answerOf('plain', question, 'All that were made', 'None had to be left out.')
  const detail = `${leftOut.length} were left out, which are named below.`
  return answerOf('plain', question, 'Those that are valid', detail)
}

const differLead = 'The runs differ in more than their figures:'

function listSection(title: string, lines: readonly string[], lead: string | null = null): Section[] {
  return lines.length > 0 ? [section(title, { text: lines, lead, depth: 'brief' })] : []
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
      ...(differences.length > 0 ? [{ text: differLead, tone: 'bad' } as const] : []),
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

/** A row for each metric. */
function metricTable({ metrics }: Comparison): DocumentTable {
  return {
    head: ['metric', 'baseline', 'candidate', 'change', '95% interval', 'could see', 'verdict'],
    rows: metrics.map(comparisonRow),
    numeric: [1, 2, 3, 4, 5],
  }
}

/** A metric's cells, of which "could see" is the smallest change that these runs could be expected to show. */
function comparisonRow(metric: ComparedMetric): string[] {
  const { name, unit, baseline, candidate, effect, detectable, verdict, gates } = metric
  return [
    name,
    formatValue(baseline, unit),
    formatValue(candidate, unit),
    effect ? formatChange(effect.value, unit) : '-',
    effect ? `${formatChange(effect.low, unit)} to ${formatChange(effect.high, unit)}` : '-',
    detectable === null ? '-' : formatChange(detectable, unit).replace('+', ''),
    gates ? verdict : `(${verdict})`,
  ]
}

/** The number of runs or pairs that were compared. */
function sidesPhrase({ runs, paired }: Comparison): string {
  const count = (runsOfSide: number) => `${runsOfSide} ${runsOfSide === 1 ? 'run' : 'runs'}`
  const sides =
    paired && runs.baseline > 1
      ? `${runs.baseline} pairs of runs`
      : `${count(runs.baseline)} against ${count(runs.candidate)}`
  return `${sides}; verdicts in brackets are shown only, they do not count.`
}

/** The verdict of a comparison in a sentence. */
export function verdictSentence({ verdict, metrics, minEffect, faults, runs, leftOut }: Comparison): string {
  const named = (which: ComparedMetric['verdict']) =>
    metrics.flatMap((metric) => (metric.gates && metric.verdict === which ? [metric.name] : [])).join(', ')
  const better = named('better') === '' ? '' : `Better: ${named('better')}. `
  const percent = `${Number((100 * minEffect).toPrecision(3))}%`
  if (verdict === 'not valid')
    return `Not valid: ${runs.baseline} runs of the baseline and ${runs.candidate} of the candidate are left to compare, ${leftOut.length} were left out. Measure again on a quieter machine, or with a lower load.`
  if (verdict === 'inconclusive' && !metrics.some(({ gates }) => gates))
    return 'Nothing can be said: no metric has the samples for it. Measure longer.'
  if (verdict === 'inconclusive')
    return `${better}Nothing is shown to be worse, but a change of ${percent} could have hidden in ${named('inconclusive')}. More pairs of runs (--run, --pairs) see smaller changes.`
  if (verdict !== 'worse') return `${better}${better ? 'Nothing is worse.' : `Nothing changed by ${percent} or more.`}`
  const reasons = [
    named('worse') === '' ? '' : `worse: ${named('worse')}`,
    named('missing') === '' ? '' : `not measured in all runs: ${named('missing')}`,
    faults.length > 0 ? 'runs of the candidate that went wrong' : '',
  ]
  return `Failed: ${reasons.filter((reason) => reason !== '').join('; ')}.`
}

/** A metric's value in its unit; `-` for none. */
export function formatValue(value: number | null, unit: ComparedMetric['unit']): string {
  if (value === null) return '-'
  if (unit === 'share') return formatShare(value)
  if (unit === 'per second') return `${formatNumber(value)}/s`
  return formatLatency(unit === 'us' ? value / 1000 : value)
}

/** Beyond, a percentage is read as a factor. */
const factorFrom = 9.995

/** `+12.3%`, `x14`; of shares, the difference in percentage points. */
export function formatChange(change: number, unit: ComparedMetric['unit']): string {
  if (change >= factorFrom) return `x${formatNumber(change + 1)}`
  const rounded = Number((100 * change).toFixed(unit === 'share' ? 2 : 1)) || 0
  return `${rounded > 0 ? '+' : ''}${rounded.toFixed(unit === 'share' ? 2 : 1)}${unit === 'share' ? ' pp' : '%'}`
}
