import { largest } from '../../base/extremes.ts'
import type { StreamRecord } from '../../record/record.ts'
import { scaleFor, type Chart, type ChartSeries, type Mark, type Tone } from './chart.ts'
import { counterCharts, rowsAxis } from './counter-charts.ts'
import { formatUnit } from './units.ts'

type Bucket = StreamRecord['buckets'][number]

/** Rate and latency on the way to a table size, and what the server counted; none of a single bucket. */
export function streamCharts({ buckets, keys, exitInsertsPerSecond }: StreamRecord): Chart[] {
  if (buckets.length < 2) return []
  const xs = buckets.map(({ toRows }) => toRows)
  const line = (name: string, mark: Mark, tone: Tone, value: (bucket: Bucket) => number): ChartSeries => ({
    name,
    mark,
    tone,
    axis: 'left',
    xs,
    ys: buckets.map(value),
  })
  const latencies = [
    line('p99', 'dotted', 'red', ({ p99 }) => p99),
    line('p95', 'dashed', 'orange', ({ p95 }) => p95),
    line('p50', 'line', 'blue', ({ p50 }) => p50),
  ]
  const common = { x: rowsAxis, right: null, bands: [], spans: [] } as const
  return [
    {
      ...common,
      title: 'Inserts a second',
      summary: `From ${formatUnit('per second', buckets[0]?.insertsPerSecond ?? null)} a second in the first bucket to ${formatUnit('per second', exitInsertsPerSecond)} over the last tenth.`,
      left: { label: 'inserts a second', unit: 'per second', scale: 'linear' },
      series: [line('inserts a second', 'area', 'blue', ({ insertsPerSecond }) => insertsPerSecond)],
      size: 'large',
    },
    {
      ...common,
      title: 'Latency of an insert',
      summary: `Percentiles in each bucket. In the last one p50 is ${formatUnit('us', buckets.at(-1)?.p50 ?? null)} and p99 ${formatUnit('us', buckets.at(-1)?.p99 ?? null)}.`,
      left: { label: 'latency', unit: 'us', scale: scaleFor(latencies.flatMap(({ ys }) => ys)) },
      series: latencies,
      size: 'large',
    },
    ...counterCharts(buckets.map(({ toRows, counters = [] }) => ({ rows: toRows, keys, counters }))),
  ]
}

/** When inserts stood still, and for how long; none without stalls. */
export function stallChart({ stalls }: StreamRecord): Chart[] {
  if (stalls.length < 2) return []
  const lengths = stalls.map(({ ms }) => ms)
  return [
    {
      title: 'Stalls over time',
      summary: `When inserts stood still. The longest stall lasted ${formatUnit('ms', largest(lengths))}.`,
      x: { label: 'seconds since the first insert', unit: 'seconds', scale: 'linear' },
      left: { label: 'length', unit: 'ms', scale: scaleFor(lengths) },
      right: null,
      series: [
        {
          name: 'stalls',
          mark: 'dots',
          tone: 'red',
          axis: 'left',
          xs: stalls.map(({ startSecond }) => startSecond),
          ys: lengths,
        },
      ],
      bands: [],
      spans: [],
      size: 'small',
    },
  ]
}
