import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { type Chart, chartRows, readableSeries, formatUnit } from '../document/chart.ts'
import type { Answer, Document, Figure, Grade, Section, DocumentTable } from '../document/document.ts'
import { plain } from '../../base/format.ts'

/** The parts that all HTML reports share: the style sheet, and the script that draws the charts. */
export interface PageAssets {
  readonly style: string
  readonly script: string
}

/** Where `npm run build` puts them; as far from the sources as from what they are compiled to. */
const folder = new URL('../../../../dist/page/', import.meta.url)

/** Reads the parts that all HTML reports share. Throws `page-assets-missing` where the package was not built. */
export async function readPageAssets(): Promise<PageAssets> {
  try {
    const [style, script] = await Promise.all(
      ['style.css', 'charts.js'].map((name) => readFile(new URL(name, folder), 'utf8')),
    )
    return { style: style as string, script: script as string }
  } catch (error) {
    throw failure('page-assets-missing', { reason: reasonOf(error) }, error)
  }
}

/**
 * One HTML file, made by a `version` of rushbench, that asks nobody for anything: it reads without its script, which only
 * draws the charts, and its policy lets nothing run but that script, whatever the document's texts hold.
 */
export function htmlPage(document: Document, version: string, { style, script }: PageAssets): string {
  const charts = document.sections.flatMap((section) => section.charts)
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${document.headline} - ${document.kind}, ${document.startedAt}`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${header(document)}
<main>
${main(document, charts)}
</main>
<footer>Made by rushbench ${escapeHtml(version)}. Charts by uPlot.</footer>
<script type="application/json" id="charts">${jsonForScript(charts)}</script>
<script>${script}</script>
</body>
</html>
`
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

function header({ kind, startedAt, headline, grade, subject, answers, figures }: Document): string {
  const time = startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')
  return `<header>
<p class="kicker"><span><b>rushbench</b> ${escapeHtml(kind.toLowerCase())}</span><time datetime="${escapeHtml(startedAt)}">${escapeHtml(time)}</time></p>
<h1 class="${grade}">${escapeHtml(headline)}</h1>
<p class="subject">${escapeHtml(subject)}</p>
<ul class="answers">
${answers.map(answerItem).join('\n')}
</ul>
<dl class="figures">
${figures.map(figureItem).join('\n')}
</dl>
</header>`
}

const signs: Readonly<Record<Grade, string>> = { good: '✓', bad: '✕', plain: 'i' }

function answerItem({ question, grade, answer, detail }: Answer): string {
  return `<li class="${grade}"><span class="sign" aria-hidden="true">${signs[grade]}</span><span class="question">${escapeHtml(question)}</span><span class="answer">${escapeHtml(answer)}</span><span class="detail">${escapeHtml(detail)}</span></li>`
}

function figureItem({ label, value, note }: Figure): string {
  const beside = note === '' ? '' : `<dd class="note">${escapeHtml(note)}</dd>`
  return `<div>${beside}<dd>${escapeHtml(value)}</dd><dt>${escapeHtml(label)}</dt></div>`
}

function main({ sections, command }: Document, charts: readonly Chart[]): string {
  const shown = sections.filter(({ depth }) => depth !== 'appendix')
  const appendices = sections.filter(({ depth }) => depth === 'appendix')
  const again =
    command === null
      ? ''
      : `<section><h2>Make this run again</h2><pre tabindex="0"><code>${escapeHtml(command)}</code></pre></section>`
  return [
    ...shown.map(
      (section) => `<section><h2>${escapeHtml(section.title)}</h2>\n${sectionBody(section, charts)}\n</section>`,
    ),
    again,
    `<div class="appendices">`,
    ...appendices.map(
      (section) =>
        `<details class="appendix"><summary>${escapeHtml(section.title)}</summary>\n${sectionBody(section, charts)}\n</details>`,
    ),
    '</div>',
  ].join('\n')
}

/** Charts are numbered as they are in the page's data. */
function sectionBody({ title, text, charts, table }: Section, all: readonly Chart[]): string {
  const grid = (size: Chart['size']) => {
    const drawn = charts.filter((chart) => chart.size === size).map((chart) => htmlChart(chart, all.indexOf(chart)))
    return drawn.length > 0 ? [`<div class="charts ${size}">\n${drawn.join('\n')}\n</div>`] : []
  }
  return [
    ...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...grid('large'),
    ...grid('small'),
    ...(table ? [htmlTable(title, table)] : []),
  ].join('\n')
}

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
function htmlTable(name: string, { head, rows, numeric }: DocumentTable): string {
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
function htmlChart(chart: Chart, index: number): string {
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
