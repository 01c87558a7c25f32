import { largest, smallest } from '../../base/extremes.ts'
import type { CheckpointRecord } from '../../record/record.ts'
import type { Axis, Chart, ChartSeries } from './chart.ts'
import { formatUnit, type Unit } from './units.ts'

/** What was counted at one table size, with keys of one order. */
export interface Counted {
  readonly rows: number
  readonly keys: NonNullable<CheckpointRecord['keys']>
  readonly counters: NonNullable<CheckpointRecord['counters']>
}

/** Rows in the table. */
export const rowsAxis: Axis = { label: 'rows in the table', unit: 'rows', scale: 'linear' }

/** A small chart for each thing that the server counted at more than one size. */
export function counterCharts(counted: readonly Counted[]): Chart[] {
  const names = [...new Set(counted.flatMap(({ counters }) => counters.map(({ name }) => name)))]
  return names.map((name) => counterChart(name, counted))
}

function counterChart(name: string, counted: readonly Counted[]): Chart {
  const found = counted.flatMap(({ rows, keys, counters }) => {
    const counter = counters.find((candidate) => candidate.name === name)
    return counter ? [{ rows, keys, counter }] : []
  })
  const counter = found[0]?.counter
  const unit: Unit = counter?.unit === 'bytes' ? 'bytes' : 'number'
  const title = counter?.kind === 'level' ? name : `${name} / insert`
  const values = found.map((one) => one.counter.value)
  const series = [...new Set(found.map(({ keys }) => keys))].map((order): ChartSeries => {
    const own = found.filter(({ keys }) => keys === order)
    return {
      name: `${order} keys`,
      mark: order === 'append' ? 'line' : 'dashed',
      tone: order === 'append' ? 'blue' : 'orange',
      axis: 'left',
      xs: own.map(({ rows }) => rows),
      ys: own.map((one) => one.counter.value),
    }
  })
  return {
    title,
    summary: rangeOf(formatUnit(unit, smallest(values)), formatUnit(unit, largest(values))),
    x: rowsAxis,
    left: { label: counter?.unit ?? '', unit, scale: 'linear' },
    right: null,
    series,
    bands: [],
    spans: [],
    size: 'small',
  }
}

function rangeOf(least: string, most: string): string {
  return least === most ? `${least} throughout.` : `From ${least} to ${most}.`
}
