import { plain } from '../../base/format.ts'
import type { Answer, Document, Grade, Section, DocumentTable } from '../document/document.ts'
import { escapeHtml } from '../html/html.ts'

const signs: Readonly<Record<Grade, string>> = { good: '✅', bad: '❌', plain: '▫️' }

/** Everything that CommonMark or GitHub could read as more than text where it stands within a line. */
const special = /[\\`*_[\]<>#|~&$]/g

/** Text from outside as text of a Markdown line: no markup, no mention of anybody, no second line. */
export function escapeMarkdown(text: string): string {
  // GitHub looks for mentions after escapes are gone, so that only something in between keeps it from one.
  return plain(text)
    .replaceAll(special, String.raw`\$&`)
    .replaceAll('@', '@<!-- -->')
}

/** A table of GitHub's Markdown, its numbers aligned right. */
export function markdownTable({ head, rows, numeric }: DocumentTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (numeric.includes(column) ? '---:' : '---'))
  return [head.map(escapeMarkdown), rule, ...rows.map((row) => row.map(escapeMarkdown))].map(line).join('\n')
}

/** A document as Markdown for a pull request's comment or a job's summary: the answers, the figures, the tables. */
export function markdownText(document: Document): string {
  const parts = [
    `### ${signs[document.grade]} ${escapeMarkdown(document.headline)}`,
    `${escapeMarkdown(document.kind)}: ${escapeMarkdown(document.subject)}`,
    document.answers.map(answerLine).join('\n'),
    figureTable(document),
    ...document.sections.filter(({ depth, table }) => depth === 'brief' && table !== null).map(sectionText),
    appendix(document),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function answerLine({ grade, answer, detail }: Answer): string {
  return `- ${signs[grade]} **${escapeMarkdown(answer)}**: ${escapeMarkdown(detail)}`
}

function figureTable({ figures }: Document): string {
  if (figures.length === 0) return ''
  return markdownTable({
    head: figures.map(({ label }) => label),
    rows: [figures.map(({ value, note }) => (note === '' ? value : `${value} (${note})`))],
    numeric: figures.map((_, column) => column),
  })
}

function sectionText({ title, table }: Section): string {
  return table ? `#### ${escapeMarkdown(title)}\n\n${markdownTable(table)}` : ''
}

/** The command stands for the settings, of which most are defaults. */
function appendix({ sections, command, startedAt }: Document): string {
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
  const parts = [`#### ${escapeMarkdown(title)}`, ...text.map(escapeMarkdown), ...(table ? [markdownTable(table)] : [])]
  return parts.join('\n\n')
}

/** A block whose fence is longer than any in it. */
function codeBlock(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}sh\n${plain(text)}\n${fence}`
}

const briefSigns: Readonly<Record<Grade, string>> = { ...signs, plain: '⚠️' }

/**
 * The same in brief, for a document of one question: its first answer, its lists and tables without headings, and after
 * those that need no lead its subject.
 */
export function briefMarkdown({ grade, answers, subject, sections }: Document): string {
  const listed = (isLed: boolean) => sections.filter(({ lead }) => (lead !== null) === isLed).map(briefSection)
  const heading = `### ${briefSigns[grade]} ${escapeMarkdown(answers[0]?.detail ?? '')}`
  return `${[heading, ...listed(false), escapeMarkdown(subject), ...listed(true)].join('\n\n')}\n`
}

function briefSection({ lead, text, table }: Section): string {
  const list = text.map((line) => `- ${escapeMarkdown(line)}`).join('\n')
  return [
    ...(lead === null ? [] : [lead]),
    ...(list === '' ? [] : [list]),
    ...(table ? [markdownTable(table)] : []),
  ].join('\n\n')
}
