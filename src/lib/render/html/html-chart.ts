import { chartRows, readableSeries, type Chart } from '../document/chart.ts'
import { escapeHtml } from './html-text.ts'
import { htmlTable } from './html-table.ts'
import { formatUnit } from '../document/units.ts'

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
