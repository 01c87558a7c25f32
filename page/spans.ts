import type uPlot from 'uplot'
import type { Span } from '../src/lib/render/document/chart.ts'
import { colourOf, tintOf } from './palette.ts'

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
