import uPlot from 'uplot'
import type { Axis, Chart } from '../src/lib/render/document/chart.ts'
import { colourOf, paintSpans, seriesOf, tintOf } from './marks.ts'
import { followKeys, showReadout } from './readout.ts'
import { tickLabel, ticksOf } from './ticks.ts'

/** A chart that stands on the page. */
export interface DrawnChart {
  /** Draws it again, in today's colours, as wide as its place or as asked for (CSS pixels). */
  repaint(width?: number): void
}

const heights = { large: 260, small: 150 } as const
const narrowScreen = 480

/** Draws `chart` into the place that `figure` has for it, and lets the mouse and the arrow keys read its values. */
export function drawChart(figure: HTMLElement, chart: Chart): DrawnChart {
  const place = figure.querySelector<HTMLElement>('.plot') as HTMLElement
  const height = heights[chart.size]
  const widthOf = () => Math.max(200, place.clientWidth)
  const plot = new uPlot(optionsOf(chart, figure, { width: widthOf(), height }), dataOf(chart), place)
  followKeys(place, chart, plot)
  new ResizeObserver(() => {
    if (!('printing' in document.documentElement.dataset)) plot.setSize({ width: widthOf(), height })
  }).observe(place)
  return {
    repaint(width = widthOf()) {
      plot.setSize({ width, height })
      plot.redraw(true, true)
    },
  }
}

/** All series on one x axis; where a series has no point there, its line goes on. */
function dataOf({ series, left }: Chart): uPlot.AlignedData {
  const tables = series.map(({ xs, ys, axis }): uPlot.AlignedData => [
    [...xs],
    // A logarithmic axis has no zero.
    ys.map((y) => (axis === 'left' && left.scale === 'log' && y !== null && y <= 0 ? null : y)),
  ])
  return uPlot.join(tables)
}

function optionsOf(chart: Chart, figure: HTMLElement, size: { width: number; height: number }): uPlot.Options {
  const { x, left, right, series, bands } = chart
  return {
    ...size,
    legend: { show: false },
    padding: [8, right ? 0 : 12, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      ...(x.unit === 'seconds' ? { sync: { key: x.label } } : {}),
      points: { size: 8, width: 2 },
    },
    scales: {
      x: { time: false, distr: x.scale === 'log' ? 3 : 1, range: xRange(x) },
      left: yScale(left),
      ...(right ? { right: yScale(right) } : {}),
    },
    axes: [
      { ...axisStyle(x, chart.size), grid: { show: false } },
      { ...axisStyle(left, chart.size), scale: 'left' },
      ...(right ? [{ ...axisStyle(right, chart.size), scale: 'right', side: 1 as const, grid: { show: false } }] : []),
    ],
    series: [{}, ...series.map(seriesOf)],
    // uPlot numbers series from 1: 0 is the x axis.
    bands: bands.map(([low, high]) => ({
      series: [high + 1, low + 1] as [number, number],
      fill: () => tintOf(series[low]?.tone ?? 'grey', 0.18),
    })),
    hooks: {
      drawClear: [(plot) => paintSpans(plot, chart.spans)],
      setCursor: [(plot) => showReadout(figure, chart, plot)],
    },
  }
}

function xRange({ scale }: Axis): uPlot.Scale.Range {
  if (scale === 'log') return (_plot, min, max) => [min, max]
  // A table size at the very edge would be half a point.
  return (_plot, min, max) => [min, max + (max - min || 1) * 0.02]
}

function yScale({ scale }: Axis): uPlot.Scale {
  if (scale === 'log') return { distr: 3, range: (_plot, min, max) => [(min || 1) * 0.7, (max || 10) * 1.3] }
  return { range: (_plot, min, max) => [Math.min(0, min ?? 0), (max || 1) * 1.08] }
}

function axisStyle(axis: Axis, size: Chart['size']): uPlot.Axis {
  return {
    stroke: () => colourOf('muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: () => colourOf('grid'), width: 1 },
    ticks: { show: false },
    gap: 6,
    space: (_plot, place) => (place === 0 ? (innerWidth < narrowScreen ? 64 : 80) : size === 'small' ? 30 : 36),
    size: (_plot, labels, place) =>
      place === 0 ? 26 : 14 + 7 * Math.max(3, ...(labels ?? []).map(({ length }) => length)),
    ...ticksOf(axis),
    values: (_plot, splits) =>
      splits.map((value: number | null) => (value === null ? '' : tickLabel(axis.unit, value))),
  }
}
