import type uPlot from 'uplot'
import type { Chart } from '../src/lib/reports/views/chart.ts'
import { formatUnit } from '../src/lib/reports/views/units.ts'

/** Writes what all series are where the cursor is; nothing while it is elsewhere. */
export function showReadout(figure: HTMLElement, chart: Chart, plot: uPlot): void {
  const output = figure.querySelector('output')
  if (!output) return
  const { idx } = plot.cursor
  const x = idx === null || idx === undefined ? null : plot.data[0][idx]
  output.textContent =
    x === null || x === undefined
      ? ''
      : [formatUnit(chart.x.unit, x), ...valuesAt(chart, plot, idx as number)].join(' · ')
}

function valuesAt({ series, left, right }: Chart, plot: uPlot, index: number): string[] {
  return series.flatMap(({ name, mark, axis }, place) => {
    const value = plot.data[place + 1]?.[index]
    if (mark === 'band-edge' || value === null || value === undefined) return []
    const { unit } = (axis === 'right' && right) || left
    return `${name} ${formatUnit(unit, value)}`
  })
}

/** Lets the arrow keys, Home and End move the cursor of a chart that has the focus. */
export function followKeys(place: HTMLElement, plot: uPlot): void {
  place.addEventListener('keydown', (event) => {
    const last = plot.data[0].length - 1
    const at = plot.cursor.idx ?? -1
    const target = { ArrowLeft: Math.max(0, at - 1), ArrowRight: Math.min(last, at + 1), Home: 0, End: last }[event.key]
    if (target === undefined) return
    event.preventDefault()
    moveTo(plot, target)
  })
  place.addEventListener('blur', () => plot.setCursor({ left: -10, top: -10 }))
}

function moveTo(plot: uPlot, index: number): void {
  const x = plot.data[0][index]
  if (x !== undefined) plot.setCursor({ left: plot.valToPos(x, 'x'), top: 0 })
}
