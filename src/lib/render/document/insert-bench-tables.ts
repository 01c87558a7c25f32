import { formatCount } from '../../base/format.ts'
import type { CheckpointRecord, Environment, StreamRecord } from '../../record/record.ts'
import type { DocumentTable } from './document.ts'
import { formatUnit } from './chart.ts'

/** A line of the tables: inserts at or up to one table size. */
export type BenchRow = Omit<CheckpointRecord, 'blocks'>

/** Returns a row for each bucket of a stream. */
export function rowsOfStream({ buckets, keys }: StreamRecord): BenchRow[] {
  return buckets.map(({ toRows, ...bucket }) => ({ ...bucket, rows: toRows, keys }))
}

/** A row for each table size and order of keys; on a schedule, service times beside the response times. */
export function latencyTable(axis: string, rows: readonly BenchRow[]): DocumentTable {
  const keyed = rows.some(({ keys }) => keys !== undefined)
  const timed = rows.some(({ serviceTime }) => serviceTime !== undefined)
  const rated = rows.some(({ insertsPerSecond }) => insertsPerSecond !== undefined)
  const controlled = rows.some(({ control }) => control !== undefined)
  const us = (value: number | undefined) => formatUnit('us', value ?? null)
  const head = [
    axis,
    ...(keyed ? ['keys'] : []),
    'inserts',
    'mean',
    'p50',
    'p95',
    'p99',
    'max',
    ...(timed ? ['service p50', 'service p99'] : []),
    ...(rated ? ['inserts/s'] : []),
    ...(controlled ? ['control p50', 'control p99'] : []),
  ]
  const lines = rows.map((row) => [
    formatCount(row.rows),
    ...(keyed ? [row.keys ?? ''] : []),
    formatCount(row.inserts),
    ...[row.mean, row.p50, row.p95, row.p99, row.max].map(us),
    ...(timed ? [us(row.serviceTime?.p50), us(row.serviceTime?.p99)] : []),
    ...(rated ? [formatUnit('per second', row.insertsPerSecond ?? null)] : []),
    ...(controlled ? [us(row.control?.p50), us(row.control?.p99)] : []),
  ])
  return { head, rows: lines, numeric: allButKeys(head) }
}

/** The server's counters on the same axis; null where it counted nothing. */
export function counterTable(axis: string, rows: readonly BenchRow[]): DocumentTable | null {
  const all = rows.flatMap(({ counters = [] }) => counters)
  const names = [...new Set(all.map(({ name }) => name))]
  if (names.length === 0) return null
  const keyed = rows.some(({ keys }) => keys !== undefined)
  const isLevel = (name: string): boolean => all.some((counter) => counter.name === name && counter.kind === 'level')
  const head = [axis, ...(keyed ? ['keys'] : []), ...names.map((name) => `${name}${isLevel(name) ? '' : '/insert'}`)]
  const lines = rows.map(({ rows: size, keys, counters = [] }) => [
    formatCount(size),
    ...(keyed ? [keys ?? ''] : []),
    ...names.map((name) => {
      const counter = counters.find((candidate) => candidate.name === name)
      return formatUnit(counter?.unit === 'bytes' ? 'bytes' : 'number', counter?.value ?? null)
    }),
  ])
  return { head, rows: lines, numeric: allButKeys(head) }
}

/** MySQL counts its binary log where few users may read; null where it counts it, or has none. */
export function uncountedLog(
  { durability }: Pick<Environment, 'durability'>,
  rows: readonly BenchRow[],
): string | null {
  const names = new Set(rows.flatMap(({ counters = [] }) => counters.map(({ name }) => name)))
  const isOn = durability['log_bin']?.toUpperCase() === 'ON'
  if (!isOn || names.size === 0 || names.has('binlog written')) return null
  return 'the binary log is on and not counted: its bytes and fsyncs are part of each insert as well'
}

/** All but the order of keys are numbers. */
function allButKeys(head: readonly string[]): number[] {
  return head.flatMap((title, column) => (title === 'keys' ? [] : [column]))
}
