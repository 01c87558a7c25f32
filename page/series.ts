import uPlot from 'uplot'
import type { ChartSeries, Mark } from '../src/lib/render/document/chart.ts'
import { colourOf, tintOf } from './palette.ts'

/** Up to so many points each is marked, so that it is seen where was measured and where only drawn. */
const mostMarked = 24
const dashes: Partial<Record<Mark, number[]>> = { dashed: [7, 4], dotted: [2, 3] }

/** How uPlot is to draw a series. */
export function seriesOf({ name, mark, tone, axis, xs }: ChartSeries): uPlot.Series {
  const stroke = () => colourOf(tone)
  const common = { label: name, scale: axis, stroke, spanGaps: true } as const
  const hidden = { show: false } as const
  if (mark === 'band-edge') return { ...common, width: 0, points: hidden }
  if (mark === 'dots') return { ...common, paths: () => null, points: { show: true, size: 9, stroke, fill: stroke } }
  if (mark === 'faint-dots') {
    const faint = () => tintOf(tone, 0.45)
    return { ...common, paths: () => null, points: { show: true, size: 5, width: 0, stroke: faint, fill: faint } }
  }
  const marked = xs.length <= mostMarked && mark !== 'steps'
  const line = { ...common, width: 2, points: marked ? { show: true, size: 6, stroke, fill: stroke } : hidden }
  if (mark === 'steps') return { ...line, width: 1.5, ...steppedPath() }
  if (mark === 'area') return { ...line, fill: () => tintOf(tone, 0.14) }
  const dash = dashes[mark]
  return dash ? { ...line, dash } : line
}

function steppedPath(): Pick<uPlot.Series, 'paths'> {
  const paths = uPlot.paths.stepped?.({ align: 1 })
  return paths ? { paths } : {}
}
