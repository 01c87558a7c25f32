import type { ServerCounter } from '../ports/database.ts'
import type { Clock } from '../base/measure/clock.ts'
import { controlsBeside, timeControl } from './control.ts'
import { timeInserts, type InsertBlock, createCounterSum, type CounterReading } from './measure.ts'
import { paceInserts, scheduleFromNow, type InsertTiming, judgeSchedule, type Schedule } from './pace.ts'
import type { BenchSession } from './table.ts'
import { insertUntimed } from './warm-up.ts'
import type { InsertKeyOrder } from '../base/key-order.ts'

/** How the inserts at one table size are measured. */
export interface BlockOptions {
  /** The series, each with as many inserts. */
  readonly keys: readonly InsertKeyOrder[]
  readonly inserts: number
  readonly concurrency: number
  /** Inserts a second of all series together; null: closed model. */
  readonly rate: number | null
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Called before each block, for what is not to be done while inserts are timed. */
  readonly settle?: () => void
}

/** The inserts of one series. */
export interface Series {
  readonly keys: InsertKeyOrder
  readonly blocks: readonly InsertBlock[]
  /** The control's latencies beside each block, microseconds. */
  readonly controls: readonly (readonly number[])[]
  readonly counters: readonly CounterReading[]
  /** That its blocks took, ms; 0 where single inserts were timed one after the other. */
  readonly elapsedMs: number
  /** The schedule of all series together, where there is one. */
  readonly schedule?: Schedule
}

/** Turns of inserts with keys of one order; `until` counts all inserts to the end of the turn. */
interface Turn {
  readonly keys: InsertKeyOrder
  readonly inserts: number
  readonly until: number
}

const maxBlocks = 20
const minBlockInserts = 10
/** Fewer, and most of a block would be connections that wait for the last one. */
const minInsertsPerConnection = 4
const usPerMs = 1000

/**
 * The order in which the series take turns: a block each, the first of one round is the last of the
 * next, so that noise and whatever an insert leaves behind hit all of them alike. At most 20 blocks a
 * series, of at least 10 inserts (4 a connection).
 */
export function planTurns(options: Pick<BlockOptions, 'keys' | 'inserts' | 'concurrency'>): Turn[] {
  const { keys, inserts, concurrency } = options
  const smallest = Math.max(minBlockInserts, minInsertsPerConnection * concurrency)
  const rounds = Math.max(1, Math.min(maxBlocks, Math.floor(inserts / smallest)))
  const turns: Turn[] = []
  let until = 0
  for (let round = 0; round < rounds; round++) {
    const size = Math.floor((inserts * (round + 1)) / rounds) - Math.floor((inserts * round) / rounds)
    for (const order of round % 2 === 0 ? keys : keys.toReversed()) {
      until += size
      turns.push({ keys: order, inserts: size, until })
    }
  }
  return turns
}

/**
 * Measures all series, block by block. Once the signal aborts, with the whole blocks so far. The
 * counters are those of each series alone, except on a schedule, which does not stop to ask: there,
 * only a single series has them. An insert that fails ends it with that insert's error.
 */
export async function measureSeries(
  session: BenchSession,
  counters: () => Promise<readonly ServerCounter[]>,
  options: BlockOptions,
): Promise<Series[]> {
  return options.rate === null
    ? measureInTurn(session, counters, options)
    : measureOnSchedule(session, counters, options, options.rate)
}

async function measureInTurn(
  session: BenchSession,
  counters: () => Promise<readonly ServerCounter[]>,
  options: BlockOptions,
): Promise<Series[]> {
  const series = options.keys.map((keys) => ({
    keys,
    blocks: [] as InsertBlock[],
    controls: [] as number[][],
    sum: createCounterSum(),
    elapsedMs: 0,
  }))
  let before = await counters()
  for (const { keys, inserts } of planTurns(options)) {
    const own = series.find((one) => one.keys === keys) as (typeof series)[number]
    options.settle?.()
    own.controls.push(await timeControl(session, controlsBeside(inserts), options))
    // One on each connection leads in: the first after a pause, which was ours, waits for a disk and for processors that
    // have gone to sleep meanwhile. The counters count it.
    await insertUntimed(session, keys, options.concurrency, options)
    const { block, elapsedMs } = await measureBlock(session, keys, inserts, options)
    // Of a block that was cut short nobody knows what its missing inserts would have been.
    if (block.response.length < inserts) break
    const after = await counters()
    own.sum.add(before, after)
    own.blocks.push(block)
    own.elapsedMs += elapsedMs
    before = after
  }
  return series.map(({ keys, blocks, controls, sum, elapsedMs }) => ({
    keys,
    blocks,
    controls: controls.slice(0, blocks.length),
    elapsedMs,
    counters: sum.perInsert(countInserts(blocks) + blocks.length * options.concurrency),
  }))
}

/** Inserts of all series at the most that are not timed because they lead in a block. */
export function leadInsOf(options: Pick<BlockOptions, 'keys' | 'inserts' | 'concurrency' | 'rate'>): number {
  return options.rate === null ? planTurns(options).length * options.concurrency : 0
}

async function measureBlock(
  session: BenchSession,
  keys: InsertKeyOrder,
  inserts: number,
  options: BlockOptions,
): Promise<{ readonly block: InsertBlock; readonly elapsedMs: number }> {
  const { concurrency, clock, signal } = options
  if (concurrency === 1) {
    const latencies = await timeInserts(() => session.draw(keys, 0), { inserts, signal })
    return { block: { keys, response: latencies, service: latencies }, elapsedMs: 0 }
  }
  const block: InsertBlock = { keys, response: [], service: [] }
  const elapsedMs = await paceInserts({
    inserts,
    concurrency,
    dueAt: null,
    clock,
    signal,
    draw: (_index, connection) => session.draw(keys, connection),
    onInsert: (timing) => record(block, timing),
  })
  return { block, elapsedMs }
}

async function measureOnSchedule(
  session: BenchSession,
  counters: () => Promise<readonly ServerCounter[]>,
  options: BlockOptions,
  rate: number,
): Promise<Series[]> {
  const { keys, inserts, concurrency, clock, signal } = options
  const turns = planTurns(options)
  const blocks = turns.map((turn): InsertBlock => ({ keys: turn.keys, response: [], service: [] }))
  const turnOf = (index: number): number => turns.findIndex(({ until }) => index < until)
  options.settle?.()
  const controls = await timeControls(session, options)
  const before = await counters()
  const elapsedMs = await paceInserts({
    inserts: inserts * keys.length,
    concurrency,
    dueAt: scheduleFromNow(clock, rate),
    clock,
    signal,
    draw: (index, connection) => session.draw((turns[turnOf(index)] as Turn).keys, connection),
    onInsert: (timing) => record(blocks[turnOf(timing.index)] as InsertBlock, timing),
  })
  const services = blocks.flatMap(({ service }) => service)
  const slowest = services.reduce((most, us) => Math.max(most, us), 0)
  const schedule = judgeSchedule(rate, services.length, elapsedMs, slowest)
  const sum = createCounterSum()
  sum.add(before, await counters())
  controls.push(...(await timeControls(session, options)))
  const whole = blocks.filter(({ response }, turn) => response.length === turns[turn]?.inserts)
  return keys.map((order) => {
    const own = whole.filter((block) => block.keys === order)
    const read = keys.length === 1 ? sum.perInsert(countInserts(blocks)) : []
    return { keys: order, blocks: own, controls, counters: read, elapsedMs, schedule }
  })
}

/** A schedule does not stop for the control: it is measured before and after, in so many blocks each. */
const controlsBesideSchedule = 5

async function timeControls(session: BenchSession, options: BlockOptions): Promise<number[][]> {
  const controls: number[][] = []
  for (let i = 0; i < controlsBesideSchedule; i++)
    controls.push(await timeControl(session, controlsBeside(options.inserts), options))
  return controls
}

function record({ response, service }: InsertBlock, { responseMs, serviceMs }: InsertTiming): void {
  response.push(responseMs * usPerMs)
  service.push(serviceMs * usPerMs)
}

export function countInserts(blocks: readonly InsertBlock[]): number {
  return blocks.reduce((sum, { response }) => sum + response.length, 0)
}
