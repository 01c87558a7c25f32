import { largest, smallest } from '../../base/stats/quantiles.ts'
import { plain } from '../../base/format.ts'
import { type Chart, type ChartSeries, formatUnit } from '../document/chart.ts'

const height = 11
const narrowest = 40
/** However wide the labels are. */
const fewestColumns = 10
/** From there on a straight scale would press the smaller values together at its foot. */
const logarithmicFrom = 4
/** A smaller part of the largest value is drawn at the foot. */
const widestRatio = 1e9
/** Where marks of more than one series fall on one place. */
const several = '◆'

/** Marks of dots, by the place of their series. */
const dots = ['●', '○', '■', '□', '▲', '△']

interface Points {
  readonly mark: string
  readonly name: string
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

/**
 * Draws the series in plain characters, x to the right and y upwards; y on a straight scale from 0, or on a logarithmic one
 * where the largest is more than four times the smallest. Empty with fewer than two different x.
 */
export function drawChart(chart: Pick<Chart, 'series' | 'x' | 'left'>, width: number): string {
  const series = chart.series.map(pointsOf)
  const points = series.flatMap((own) => own.points).filter(({ y }) => y > 0)
  const xs = points.map(({ x }) => x)
  if (new Set(xs).size < 2) return ''
  const scale = scaleOf(points.map(({ y }) => y))
  const labels = Array.from({ length: height }, (_, row) =>
    row % 5 === 0 ? formatUnit(chart.left.unit, scale.valueAt(1 - row / (height - 1))) : '',
  )
  const gutter = largest(labels.map((label) => label.length))
  const columns = Math.max(fewestColumns, Math.max(narrowest, width) - gutter - 3)
  const [left, right] = [smallest(xs), largest(xs)]
  const columnOf = (x: number): number => Math.round(((x - left) / (right - left)) * (columns - 1))
  const cells = Array.from({ length: height }, () => Array.from({ length: columns }, () => ' '))
  // The first series is drawn last, so that it is seen where they meet.
  for (const { mark, points: own } of series.toReversed()) {
    for (const { x, y } of own) {
      if (!(y > 0)) continue
      const row = cells[Math.round((1 - scale.shareOf(y)) * (height - 1))] as string[]
      const column = columnOf(x)
      row[column] = row[column] === ' ' || row[column] === mark ? mark : several
    }
  }
  const lines = cells.map(
    (row, index) => `${(labels[index] ?? '').padStart(gutter)} ${index % 5 === 0 ? '┤' : '│'} ${row.join('')}`,
  )
  const overlaps = cells.some((row) => row.includes(several)) ? [`${several} several`] : []
  const legend = [...series.map(({ mark, name }) => `${mark} ${name}`), ...overlaps].join('   ')
  return [
    ...lines,
    `${' '.repeat(gutter)} └─${'─'.repeat(columns)}`,
    `${' '.repeat(gutter + 3)}${axisLabels([...new Set(xs)], columnOf, chart.x, columns)}`,
    `${' '.repeat(gutter + 3)}${legend}`,
  ]
    .map((line) => line.trimEnd())
    .join('\n')
}

function pointsOf({ mark, name, xs, ys }: ChartSeries, place: number): Points {
  const points = xs.map((x, index) => ({ x, y: ys[index] ?? 0 }))
  return { mark: mark === 'dots' ? (dots[place % dots.length] as string) : '─', name: plain(name), points }
}

interface Scale {
  /** From 0 at the foot to 1 at the top. */
  shareOf(y: number): number
  valueAt(share: number): number
}

function scaleOf(ys: readonly number[]): Scale {
  const top = largest(ys)
  const least = Math.max(smallest(ys), top / widestRatio)
  if (top <= logarithmicFrom * least) return { shareOf: (y) => y / top, valueAt: (share) => share * top }
  const decades = Math.log(top / least)
  return {
    shareOf: (y) => Math.max(0, Math.log(y / least)) / decades,
    valueAt: (share) => least * Math.exp(share * decades),
  }
}

/** The last is always there, with the first word of the axis, the others where they have room. */
function axisLabels(
  xs: readonly number[],
  columnOf: (x: number) => number,
  { label, unit }: Chart['x'],
  columns: number,
): string {
  const ascending = [...xs].sort((a, b) => a - b)
  const last = `${formatUnit(unit, ascending.at(-1) ?? 0)} ${/^\w*/.exec(label)?.[0]}`
  const lastFrom = columns - last.length
  let line = ''
  for (const x of ascending.slice(0, -1)) {
    const text = formatUnit(unit, x)
    const from = columnOf(x)
    const fits = (line === '' || from > line.length) && from + text.length < lastFrom
    if (fits) line = line.padEnd(from) + text
  }
  return line.padEnd(lastFrom) + last
}
