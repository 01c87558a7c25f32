import { failure } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import type { Clock } from '../base/measure/clock.ts'
import { distributionOf, writeDistribution } from '../base/measure/distribution.ts'
import { summarizeControl } from './control.ts'
import { countInserts, leadInsOf, measureSeries, type BlockOptions, type Series } from './blocks.ts'
import { medianOfBlock, summarizeLatencies, type Checkpoint, type WarmUp } from './measure.ts'
import { mostWarmUpInserts, warmUp } from './warm-up.ts'
import { closeAfter, type BenchSession, type BenchTable } from './table.ts'

export interface BenchOptions extends BlockOptions {
  /** Table sizes in rows, ascending; empty measures at the size that the table has. */
  readonly at: readonly number[]
  /** Inserts of each series that are not counted, at each size; null: until the client's own cost is steady. */
  readonly warmup: number | null
  readonly show: ShowProgress
  /** Told after each size of what was measured so far and of the sizes that are left, the one that was cut short among them. */
  readonly onSize?: (checkpoints: readonly Checkpoint[], left: readonly number[]) => Promise<void>
}

/** Runs a long step with its progress shown. */
export type ShowProgress = <T>(title: string, unit: string, step: (onProgress: OnProgress) => Promise<T>) => Promise<T>

type OnProgress = (progress: { readonly done: number; readonly total: number }) => void

/** An empty table, and as many sizes as it takes to find a knee between them. */
const sweepShares = [0, 0.05, 0.1, 0.2, 0.5, 1]

/**
 * Sizes of a sweep up to `rows`: 0, 5, 10, 20, 50 and 100% of the way there from the rows that are
 * `present`. Steps that lie within the `insertsEach` of the one before are left out. Throws
 * `usage-wrong` when the table has more than `rows`.
 */
export function sweepTo(rows: number, present: number, insertsEach: number): number[] {
  if (rows < present) throw failure('usage-wrong', { reason: tooLarge(`--rows ${formatCount(rows)}`, present) })
  const sizes: number[] = []
  for (const share of sweepShares) {
    const size = present + Math.round((rows - present) * share)
    if (size >= (sizes.at(-1) ?? -insertsEach) + insertsEach) sizes.push(size)
  }
  return sizes
}

/**
 * Measures single inserts at each table size, seeding up to it first. Ends early, with what was
 * measured so far, once the signal aborts. Throws `usage-wrong` when the sizes do not ascend from the
 * rows that the table has, and what `requireRoom` throws, before anything is inserted.
 */
export async function runInsertBench(table: BenchTable, options: BenchOptions): Promise<Checkpoint[]> {
  const present = await table.count()
  const sizes = options.at.length > 0 ? options.at : [present]
  const rows = rowsAfter(sizes, present, insertsAt(options))
  await table.requireRoom(rows - present)
  const checkpoints: Checkpoint[] = []
  for (const [index, size] of sizes.entries()) {
    await table.seedTo(size)
    if (options.signal.aborted) break
    const measured = await measureAt(table, options)
    checkpoints.push(...measured)
    const isWhole =
      measured.length === options.keys.length && measured.every(({ inserts }) => inserts === options.inserts)
    await options.onSize?.(checkpoints, sizes.slice(isWhole ? index + 1 : index))
  }
  return checkpoints
}

/** Inserts at each size, all series, the warm-up and those that lead in blocks together, at the most. */
export function insertsAt(options: Pick<BenchOptions, 'keys' | 'inserts' | 'warmup' | 'concurrency' | 'rate'>): number {
  const { keys, inserts, warmup } = options
  return keys.length * (inserts + (warmup ?? mostWarmUpInserts)) + leadInsOf(options)
}

async function measureAt(table: BenchTable, options: BenchOptions): Promise<Checkpoint[]> {
  const rows = await table.count()
  const total = insertsAt(options)
  const session = await table.open(total, options.concurrency)
  return closeAfter(session, () =>
    options.show(`Measuring at ${formatCount(rows)}`, 'inserts', async (onProgress) => {
      const watched = watch(session, total, options.clock, onProgress)
      const warm = await warmUp(watched, options)
      const series = await measureSeries(watched, () => table.counters(), options)
      return series
        .filter(({ blocks }) => blocks.length > 0)
        .map((one) => summarize(rows, { ...one, warm, statement: session.controlStatement }, options))
    }),
  )
}

/** Interval of progress reports, ms: drawing one takes longer than an insert. */
const tellEveryMs = 100

/** The session, with `onProgress` told now and then of how many rows were drawn. */
export function watch(session: BenchSession, total: number, clock: Clock, onProgress: OnProgress): BenchSession {
  let done = 0
  let nextAt = clock.now()
  return {
    draw(keys, connection) {
      if (clock.now() >= nextAt) {
        onProgress({ done, total })
        nextAt = clock.now() + tellEveryMs
      }
      done++
      return session.draw(keys, connection)
    },
    controlStatement: session.controlStatement,
    control: (connection) => session.control(connection),
    close: () => session.close(),
  }
}

/** Summarizes one series at one table size for a report. */
function summarize(
  rows: number,
  series: Series & { warm: WarmUp; statement: string },
  { concurrency, rate }: BenchOptions,
): Checkpoint {
  const { keys, blocks, controls, counters, elapsedMs, schedule, warm, statement } = series
  const control = summarizeControl(statement, controls)
  const response = blocks.flatMap((block) => block.response)
  const paced = concurrency > 1 || rate !== null
  return {
    rows,
    inserts: countInserts(blocks),
    keys,
    ...summarizeLatencies(response),
    blocks: blocks.map(medianOfBlock),
    latencies: blocks.map((block) => writeDistribution(distributionOf(block.response))),
    counters: [...counters],
    ...(control ? { control } : {}),
    warmUp: warm,
    ...(rate === null ? {} : { serviceTime: summarizeLatencies(blocks.flatMap((block) => block.service)) }),
    ...(schedule ? { schedule } : {}),
    ...(paced && elapsedMs > 0 ? { insertsPerSecond: (response.length * 1000) / elapsedMs } : {}),
  }
}

/**
 * Rows in the table when all sizes are measured. It only grows: throws `usage-wrong` for a size that is less than the rows
 * that are there by then.
 */
function rowsAfter(sizes: readonly number[], present: number, insertsEach: number): number {
  let rows = present
  for (const size of sizes) {
    if (size < rows) throw failure('usage-wrong', { reason: tooLarge(`--at ${formatCount(size)}`, rows) })
    rows = size + insertsEach
  }
  return rows
}

/** Why a size that was asked for cannot be reached: the table has `rows` already. */
export function tooLarge(asked: string, rows: number): string {
  return `${asked} cannot be measured: the table has ${formatCount(rows)} rows by then. Name larger sizes, or start over with "rushbench migrate --down".`
}
