import { plain } from '../../base/format.ts'
import { chartRows, readableSeries, type Chart, formatUnit } from '../document/chart.ts'
import type { DocumentTable } from '../document/document.ts'

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text from outside as text or a quoted attribute's value of HTML. */
export function escapeHtml(text: string): string {
  const legal = plain(text).toWellFormed()
  return legal.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}

/** Characters that could end a script, or mislead readers of its source. */
// oxlint-disable-next-line no-control-regex -- control characters are what is escaped
const unsafe = /[<\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Data for a `<script type="application/json">`. */
export function jsonForScript(data: unknown): string {
  const escape = (character: string) => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(data).replaceAll(unsafe, escape)
}

/** A table that can be scrolled sideways, by the keyboard too; `name` is what a screen reader calls it. */
export function htmlTable(name: string, { head, rows, numeric }: DocumentTable): string {
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

/** A place for a script to draw the chart numbered `index` in, with all that the chart says as text and as a table. */
export function htmlChart(chart: Chart, index: number): string {
  const { title, summary, x, left, right, size } = chart
  return `<figure class="${size}" data-chart="${index}">
<figcaption>${escapeHtml(title)}<p class="summary" id="chart-${index}">${escapeHtml(summary)}</p></figcaption>
${legend(chart)}
<div class="axes" aria-hidden="true"><span>${escapeHtml(left.label)}</span><span>${escapeHtml(right?.label ?? '')}</span></div>
<div class="plot" tabindex="0" role="img" aria-label="${escapeHtml(title)}; the arrow keys read its values" aria-describedby="chart-${index}"><noscript>The chart needs JavaScript; its values are below.</noscript></div>
<div class="axes x"><output aria-live="polite"></output><span aria-hidden="true">${escapeHtml(x.label)}</span></div>
<details><summary>Values as a table</summary>
${valueTable(chart)}
</details>
</figure>`
}

function legend(chart: Chart): string {
  const named = chart.series.filter(({ mark }) => mark !== 'band-edge')
  // Empty it still has its place, so that charts beside one another begin at the same height.
  if (named.length < 2) return '<ul class="legend" aria-hidden="true"></ul>'
  const items = named.map(
    ({ name, mark, tone }) => `<li><span class="swatch ${tone} ${mark}"></span>${escapeHtml(name)}</li>`,
  )
  return `<ul class="legend" aria-hidden="true">${items.join('')}</ul>`
}

function valueTable(chart: Chart): string {
  const series = readableSeries(chart)
  const unitOf = (place: number) =>
    series[place]?.axis === 'right' && chart.right ? chart.right.unit : chart.left.unit
  const rows = chartRows(chart).map(({ x, ys }) => [
    formatUnit(chart.x.unit, x),
    ...ys.map((y, place) => formatUnit(unitOf(place), y)),
  ])
  const head = [chart.x.label, ...series.map(({ name }) => name)]
  return htmlTable(`${chart.title}, values`, { head, rows, numeric: head.map((_, column) => column) })
}
