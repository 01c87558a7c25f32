import { plain } from '../../base/format.ts'
import type { Report } from '../../record/record.ts'
import { digestOf } from '../document/digest-of.ts'
import type { Answer, Digest, Section, Verdict } from '../document/digest.ts'
import { escapeHtml } from '../html/html-text.ts'
import { escapeMarkdown, markdownTable } from './markdown-table.ts'

const signs: Readonly<Record<Verdict, string>> = { good: '✅', bad: '❌', plain: '▫️' }

/** A report as Markdown for a pull request's comment or a job's summary: the answers, the figures, the tables. */
export function markdownReport(report: Report): string {
  const digest = digestOf(report)
  const parts = [
    `### ${signs[digest.verdict]} ${escapeMarkdown(digest.headline)}`,
    `${escapeMarkdown(digest.kind)}: ${escapeMarkdown(digest.subject)}`,
    digest.answers.map(answerLine).join('\n'),
    figureTable(digest),
    ...digest.sections.filter(({ depth, table }) => depth === 'brief' && table !== null).map(sectionText),
    appendix(digest),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function answerLine({ verdict, answer, detail }: Answer): string {
  return `- ${signs[verdict]} **${escapeMarkdown(answer)}**: ${escapeMarkdown(detail)}`
}

function figureTable({ figures }: Digest): string {
  if (figures.length === 0) return ''
  return markdownTable(
    figures.map(({ label }) => label),
    [figures.map(({ value, note }) => (note === '' ? value : `${value} (${note})`))],
    figures.map((_, column) => column),
  )
}

function sectionText({ title, table }: Section): string {
  return table ? `#### ${escapeMarkdown(title)}\n\n${markdownTable(table.head, table.rows, table.numeric)}` : ''
}

/** The command stands for the settings, of which most are defaults. */
function appendix({ sections, command, startedAt }: Digest): string {
  const shown = sections.filter(
    ({ depth, title }) => depth === 'appendix' && (title !== 'Settings' || command === null),
  )
  const parts = [
    `<details><summary>How and where this was measured, ${escapeHtml(startedAt)}</summary>`,
    ...(command === null ? [] : [codeBlock(command)]),
    ...shown.map(appendedText),
    '</details>',
  ]
  return parts.join('\n\n')
}

function appendedText({ title, text, table }: Section): string {
  const parts = [
    `#### ${escapeMarkdown(title)}`,
    ...text.map(escapeMarkdown),
    ...(table ? [markdownTable(table.head, table.rows, table.numeric)] : []),
  ]
  return parts.join('\n\n')
}

/** A block whose fence is longer than any in it. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sh\n${plain(text)}\n${fence}`
}
