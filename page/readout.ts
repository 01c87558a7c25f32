import type uPlot from 'uplot'
import { formatUnit, isReadable, type Chart } from '../src/lib/render/document/chart.ts'

/** Writes what all series are where the cursor is; nothing while it is elsewhere. */
export function showReadout(figure: HTMLElement, chart: Chart, plot: uPlot): void {
  const output = figure.querySelector('output')
  if (!output) return
  const { idx } = plot.cursor
  const values = idx === null || idx === undefined ? [] : valuesAt(chart, plot, idx)
  const x = idx === null || idx === undefined ? undefined : plot.data[0][idx]
  output.textContent =
    x === undefined || values.length === 0 ? '' : [formatUnit(chart.x.unit, x), ...values].join(' · ')
}

function valuesAt({ series, left, right }: Chart, plot: uPlot, index: number): string[] {
  return series.flatMap((one, place) => {
    const value = plot.data[place + 1]?.[index]
    if (!isReadable(one) || value === null || value === undefined) return []
    const { unit } = (one.axis === 'right' && right) || left
    return `${one.name} ${formatUnit(unit, value)}`
  })
}

/** Lets the arrow keys, Home and End move the cursor of a chart that has the focus, from one value to the next. */
export function followKeys(place: HTMLElement, chart: Chart, plot: uPlot): void {
  const stops = [...plot.data[0].keys()].filter((index) => valuesAt(chart, plot, index).length > 0)
  place.addEventListener('keydown', (event) => {
    const at = plot.cursor.idx ?? -1
    const before = stops.findLast((index) => index < at) ?? stops[0]
    const after = stops.find((index) => index > at) ?? stops.at(-1)
    const target = { ArrowLeft: before, ArrowRight: after, Home: stops[0], End: stops.at(-1) }[event.key]
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
