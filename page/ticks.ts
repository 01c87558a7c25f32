import type uPlot from 'uplot'
import { formatUnit, type Axis, type Unit } from '../src/lib/render/document/chart.ts'

const leastPowers = 3
/** One in two requests is slower than the median. */
const median = 2

/** Between ticks of what is counted: there is no half a run. */
const wholeSteps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((factor) => factor * 10 ** power)).flat()

/** Where a logarithmic axis has ticks: at powers of ten, and between them where those are few; otherwise uPlot knows. */
export function ticksOf({ scale, unit }: Axis): Pick<uPlot.Axis, 'splits' | 'filter' | 'incrs'> {
  if (scale !== 'log') return unit === 'count' || unit === 'rows' ? { incrs: wholeSteps } : {}
  return {
    // uPlot would leave out the names of all but powers of ten.
    filter: (_plot, splits) => splits,
    splits: (_plot, _place, min, max) => {
      const powers = multiplesOfPowers([1], min, max)
      if (unit === 'one in') return powers.toSpliced(1, 0, median)
      return powers.length >= leastPowers ? powers : multiplesOfPowers([1, 2, 5], min, max)
    },
  }
}

function multiplesOfPowers(factors: readonly number[], min: number, max: number): number[] {
  const [from, to] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))]
  const powers = Array.from({ length: to - from + 1 }, (_, place) => 10 ** (from + place))
  return powers.flatMap((power) => factors.map((factor) => factor * power)).filter((tick) => tick >= min && tick <= max)
}

/** A value without the zeros that only matter beside figures: `10 ms`, not `10.0 ms`. */
export function tickLabel(unit: Unit, value: number): string {
  return formatUnit(unit, value)
    .replace(/(\.\d*?)0+(?!\d)/, '$1')
    .replace(/\.(?!\d)/, '')
}
