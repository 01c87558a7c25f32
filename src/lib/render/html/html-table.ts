import type { Table } from '../document/digest.ts'
import { escapeHtml } from './html-text.ts'

/** A table that can be scrolled sideways, by the keyboard too; `name` is what it is called for who cannot see it. */
export function htmlTable(name: string, { head, rows, numeric }: Table): string {
  const classOf = (column: number) => (numeric.includes(column) ? ' class="number"' : '')
  const heads = head.map((text, column) => `<th scope="col"${classOf(column)}>${escapeHtml(text)}</th>`)
  const lines = rows.map((row) => {
    const cells = row.map((text, column) =>
      column === 0
        ? `<th scope="row"${classOf(column)}>${escapeHtml(text)}</th>`
        : `<td${classOf(column)}>${escapeHtml(text)}</td>`,
    )
    return `<tr>${cells.join('')}</tr>`
  })
  return `<div class="table" tabindex="0" role="region" aria-label="${escapeHtml(name)}"><table><thead><tr>${heads.join('')}</tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>`
}
