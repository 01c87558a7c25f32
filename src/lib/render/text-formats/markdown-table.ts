import { plain } from '../../base/format.ts'

/** Everything that CommonMark or GitHub could read as more than text where it stands within a line. */
const special = /[\\`*_[\]<>#|~&$]/g

/** Text from outside as text of a Markdown line: no markup, no mention of anybody, no second line. */
export function escapeMarkdown(text: string): string {
  // GitHub looks for mentions after escapes are gone, so that only something in between keeps it from one.
  return plain(text)
    .replaceAll(special, String.raw`\$&`)
    .replaceAll('@', '@<!-- -->')
}

/** Rows of plain text as a table of GitHub's Markdown; columns named in `numeric` (from 0) are aligned right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = head.map((_, column) => (numeric.includes(column) ? '---:' : '---'))
  return [head.map(escapeMarkdown), rule, ...rows.map((row) => row.map(escapeMarkdown))].map(line).join('\n')
}
