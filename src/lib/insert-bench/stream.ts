import type { ServerCounter } from '../ports/database.ts'
import { failure } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { createHistogram, percentileMs, recordMs, type LatencyHistogram } from '../base/measure/histogram.ts'
import type { BlockOptions } from './blocks.ts'
import { controlsBeside, paceControl, summarizeControl } from './control.ts'
import { type Control, type Latencies, createCounterSum, type CounterReading } from './measure.ts'
import { paceInserts, scheduleFromNow, type InsertTiming, type Pace, judgeSchedule, type Schedule } from './pace.ts'
import { tooLarge, watch, type ShowProgress } from './run.ts'
import {
  createStallList,
  findStalls,
  longest,
  mostRemembered,
  stallFromMs,
  type SlowInsert,
  type Stall,
} from './stalls.ts'
import { closeAfter, type BenchSession, type BenchTable } from './table.ts'
import type { InsertKeyOrder } from '../base/key-order.ts'

/** How to fill a table insert by insert. */
export interface StreamOptions extends Pick<BlockOptions, 'concurrency' | 'rate' | 'clock' | 'signal' | 'settle'> {
  readonly keys: InsertKeyOrder
  /** Table size to end at. */
  readonly rows: number
  readonly show: ShowProgress
  /** Told after each bucket of all that was inserted so far. */
  readonly onBucket?: (stream: Stream) => void
  readonly turn?: Pace['turn']
}

/** The inserts between two table sizes; latencies in microseconds, response times where there is a schedule. */
export interface Bucket extends Latencies {
  readonly fromRows: number
  readonly toRows: number
  readonly inserts: number
  /** Spent inserting. */
  readonly seconds: number
  readonly insertsPerSecond: number
  readonly counters: CounterReading[]
  /** Measured before the bucket. */
  readonly control?: Control
  /** From the moment each was sent; only where they were sent on a schedule. */
  readonly serviceTime?: Latencies
}

/** Every insert on the way to a table size. */
export interface Stream {
  readonly keys: InsertKeyOrder
  readonly inserts: number
  /** Spent inserting. */
  readonly seconds: number
  /** The rate of the last tenth of the buckets. */
  readonly exitInsertsPerSecond: number
  /** Only where there is one. */
  readonly schedule?: Schedule
  readonly buckets: Bucket[]
  readonly stallCount: number
  readonly stallMs: number
  /** The longest, in order of time. */
  readonly stalls: Stall[]
}

const maxBuckets = 20
const msPerSecond = 1000
const usPerMs = 1000

/**
 * Inserts row after row until the table has `rows`, and measures every one, as the Insert Benchmark of
 * Mark Callaghan does: a histogram for each twentieth of the way, with its rate, and the stalls. Once
 * the signal aborts it ends with what was inserted so far, null when nothing was. Throws `usage-wrong`
 * when the table has `rows` already.
 */
export async function runStream(table: BenchTable, options: StreamOptions): Promise<Stream | null> {
  const present = await table.count()
  const inserts = options.rows - present
  if (inserts <= 0) throw failure('usage-wrong', { reason: tooLarge(`--rows ${formatCount(options.rows)}`, present) })
  await table.requireRoom(inserts)
  const session = await table.open(inserts, options.concurrency)
  return closeAfter(session, () =>
    options.show(`Inserting to ${formatCount(options.rows)}`, 'rows', (onProgress) =>
      fill(watch(session, inserts, options.clock, onProgress), () => table.counters(), { ...options, present }),
    ),
  )
}

async function fill(
  session: BenchSession,
  counters: () => Promise<readonly ServerCounter[]>,
  options: StreamOptions & { readonly present: number },
): Promise<Stream | null> {
  const { present, rows, rate, concurrency, clock, signal, turn } = options
  const dueAt = rate === null ? null : scheduleFromNow(clock, rate)
  const startedAt = clock.now()
  const filled: Bucket[] = []
  const stalls = createStallList()
  let before = await counters()
  let done = 0
  const describe = (): Stream => {
    const exit = filled.slice(-Math.ceil(filled.length / 10))
    return {
      keys: options.keys,
      inserts: done,
      seconds: secondsOf(filled),
      ...(rate === null ? {} : { schedule: scheduleOf(rate, done, filled) }),
      exitInsertsPerSecond: exit.reduce((sum, bucket) => sum + bucket.inserts, 0) / secondsOf(exit),
      buckets: [...filled],
      ...stalls.describe(startedAt),
    }
  }
  for (const size of bucketSizes(rows - present)) {
    if (signal.aborted) break
    const first = done
    if (rate === null) options.settle?.()
    const schedule = dueAt && ((index: number) => dueAt(first + index))
    // A schedule does not stop for it.
    const control =
      rate === null &&
      summarizeControl(session.controlStatement, [
        await paceControl(session, controlsBeside(size), { concurrency, clock, signal, turn }),
      ])
    const bucket = await fillBucket(session, { ...options, from: present + done, size, dueAt: schedule })
    const after = await counters()
    if (bucket.service.totalCount === 0) break
    filled.push({ ...describeBucket(bucket, before, after), ...(control ? { control } : {}) })
    // Of response times, a stall would raise the p50 that it is compared with.
    stalls.add(findStalls(bucket.slow, percentileMs(bucket.service, 50) ?? 0))
    done += bucket.service.totalCount
    before = after
    options.onBucket?.(describe())
  }
  return done === 0 ? null : describe()
}

/** `inserts` in twenty parts as even as can be, none of them empty. */
export function bucketSizes(inserts: number): number[] {
  const buckets = Math.min(maxBuckets, inserts)
  const upTo = (bucket: number): number => Math.floor((inserts * bucket) / buckets)
  return Array.from({ length: buckets }, (_, bucket) => upTo(bucket + 1) - upTo(bucket))
}

interface RawBucket {
  readonly from: number
  readonly service: LatencyHistogram
  /** Null where inserts were not sent on a schedule: then it is the service time. */
  readonly response: LatencyHistogram | null
  readonly slow: readonly SlowInsert[]
  readonly elapsedMs: number
}

async function fillBucket(
  session: BenchSession,
  options: StreamOptions & { from: number; size: number; dueAt: ((index: number) => number) | null },
): Promise<RawBucket> {
  const { keys, from, size, dueAt, concurrency, clock, signal, turn } = options
  const service = createHistogram()
  const response = dueAt === null ? null : createHistogram()
  let slow: SlowInsert[] = []
  const elapsedMs = await paceInserts({
    inserts: size,
    concurrency,
    dueAt,
    clock,
    signal,
    ...(turn ? { turn } : {}),
    draw: (_index, connection) => session.draw(keys, connection),
    onInsert({ index, startedAt, responseMs, serviceMs }: InsertTiming) {
      recordMs(service, serviceMs)
      if (response) recordMs(response, responseMs)
      if (serviceMs <= stallFromMs) return
      slow.push({ startedAt, ms: serviceMs, rows: from + index })
      if (slow.length >= 2 * mostRemembered) slow = longest(slow, mostRemembered)
    },
  })
  return { from, service, response, slow, elapsedMs }
}

function describeBucket(
  { from, service, response, elapsedMs }: RawBucket,
  before: readonly ServerCounter[],
  after: readonly ServerCounter[],
): Bucket {
  const inserts = service.totalCount
  const sum = createCounterSum()
  sum.add(before, after)
  return {
    fromRows: from,
    toRows: from + inserts,
    inserts,
    seconds: elapsedMs / msPerSecond,
    insertsPerSecond: (inserts * msPerSecond) / elapsedMs,
    ...latenciesOf(response ?? service),
    counters: sum.perInsert(inserts),
    ...(response ? { serviceTime: latenciesOf(service) } : {}),
  }
}

function latenciesOf(histogram: LatencyHistogram): Latencies {
  const us = (p: number): number => (percentileMs(histogram, p) ?? 0) * usPerMs
  return { p50: us(50), p95: us(95), p99: us(99), max: us(100), mean: histogram.mean }
}

function scheduleOf(rate: number, inserts: number, buckets: readonly Bucket[]): Schedule {
  const slowest = buckets.reduce((most, { max, serviceTime }) => Math.max(most, (serviceTime ?? { max }).max), 0)
  return judgeSchedule(rate, inserts, secondsOf(buckets) * msPerSecond, slowest)
}

function secondsOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { seconds }) => sum + seconds, 0)
}
