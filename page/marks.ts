import uPlot from 'uplot'
import type { ChartSeries, Mark, Span, Tone } from '../src/lib/render/document/chart.ts'

/** A colour of the page, which has another one in the dark and on paper. */
type Colour = Tone | 'grid' | 'muted'

/** The colour as the style sheet has it now. */
export function colourOf(colour: Colour): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${colour}`).trim()
}

/** The same, see-through to the given part of 1. */
export function tintOf(colour: Colour, opacity: number): string {
  return `color-mix(in srgb, ${colourOf(colour)} ${opacity * 100}%, transparent)`
}

/** Up to so many points each is marked, so that it is seen where was measured and where only drawn. */
const mostMarked = 24
const dashes: Partial<Record<Mark, number[]>> = { dashed: [7, 4], dotted: [2, 3] }

/** The options by which uPlot draws a series. */
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

/** Shades each span behind the series, with a line where its value is and its name beside that. */
export function paintSpans(plot: uPlot, spans: readonly Span[]): void {
  const { ctx, bbox } = plot
  for (const { name, from, to, at } of spans) {
    const [left, right, middle] = [from, to, at].map((x) => plot.valToPos(x, 'x', true)) as [number, number, number]
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    ctx.fillStyle = tintOf('muted', 0.12)
    ctx.fillRect(left, bbox.top, right - left, bbox.height)
    ctx.fillStyle = colourOf('muted')
    ctx.fillRect(middle, bbox.top, devicePixelRatio, bbox.height)
    writeBeside(ctx, name, middle, bbox)
    ctx.restore()
  }
}

function writeBeside(ctx: CanvasRenderingContext2D, name: string, x: number, bbox: uPlot.BBox): void {
  const gap = 5 * devicePixelRatio
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textBaseline = 'top'
  const fits = x + gap + ctx.measureText(name).width < bbox.left + bbox.width
  ctx.textAlign = fits ? 'left' : 'right'
  ctx.fillText(name, fits ? x + gap : x - gap, bbox.top + gap)
}
