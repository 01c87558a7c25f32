import type { Comparison } from '../../compare/compare.ts'
import { comparisonColumns, comparisonRow, sidesPhrase, verdictSentence } from '../terminal/comparison-text.ts'
import { escapeMarkdown, markdownTable } from './markdown-table.ts'

const signs: Readonly<Record<Comparison['verdict'], string>> = {
  better: '✅',
  same: '✅',
  worse: '❌',
  inconclusive: '⚠️',
  'not valid': '❌',
}

/** A comparison as Markdown for a pull request's comment or a job's summary: the verdict first, then the table. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { verdict, metrics, differences, faults, leftOut } = comparison
  const parts = [
    `### ${signs[verdict]} ${escapeMarkdown(verdictSentence(comparison))}`,
    faults.map(listItem).join('\n'),
    metrics.length > 0
      ? markdownTable(comparisonColumns.names, metrics.map(comparisonRow), comparisonColumns.numeric)
      : '',
    escapeMarkdown(sidesPhrase(comparison)),
    leftOut.length > 0 ? `Left out:\n\n${leftOut.map(listItem).join('\n')}` : '',
    differences.length > 0
      ? `The runs differ in more than their figures:\n\n${differences.map(listItem).join('\n')}`
      : '',
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function listItem(text: string): string {
  return `- ${escapeMarkdown(text)}`
}
