import { medianOf } from '../base/stats/quantiles.ts'
import { timeControl, type ControlOptions } from './control.ts'
import type { WarmUp } from './measure.ts'
import { paceInserts } from './pace.ts'
import type { BenchSession } from './table.ts'
import type { InsertKeyOrder } from '../base/key-order.ts'

/** How a table size is warmed up. */
export interface WarmUpOptions extends ControlOptions {
  readonly keys: readonly InsertKeyOrder[]
  /** Inserts of each series; null: until the client's own cost is steady. */
  readonly warmup: number | null
}

/** Bounds of a round, which has as many as take `roundMs`. */
interface Bounds {
  readonly least: number
  readonly most: number
}

const roundMs = 25
/** Inserts of each series. */
const insertsPerRound: Bounds = { least: 20, most: 50 }
/** Statements of the control: Node compiles what has run a few hundred times. */
const statementsPerRound: Bounds = { least: 50, most: 250 }
/** Inserts of each series at most: they grow the table that is to be measured. */
export const mostWarmUpInserts = 500
/** Node has compiled what it is going to by then, unless the machine is too restless to tell. */
const mostRounds = 60
/** Rounds that are compared with as many before them. */
const compared = 3
/** The share by which the medians of rounds may still fall. */
const mayFall = 0.03

/**
 * Sends inserts and the control in turns until the control's median has stopped falling: until Node has compiled the way
 * that both take. At most 500 inserts a series, and 60 rounds. With a number of inserts, that many and no more are sent,
 * and the control with them.
 */
export async function warmUp(session: BenchSession, options: WarmUpOptions): Promise<WarmUp> {
  const { keys, warmup, clock, signal } = options
  const most = warmup ?? mostWarmUpInserts
  const medians: number[] = []
  let [sent, statements] = [0, 0]
  let [inserts, controls] = [insertsPerRound.least, statementsPerRound.least]
  while (!signal.aborted) {
    if (warmup === null ? isSteady(medians) || medians.length >= mostRounds : sent >= most) break
    const now = Math.min(inserts, most - sent)
    const startedAt = clock.now()
    for (const order of keys) await insertUntimed(session, order, now, options)
    const insertedAt = clock.now()
    sent += now
    const latencies = await timeControl(session, controls, options)
    statements += latencies.length
    if (latencies.length > 0) medians.push(medianOf(latencies))
    if (now > 0) inserts = fitting((insertedAt - startedAt) / now, insertsPerRound)
    controls = fitting((clock.now() - insertedAt) / controls, statementsPerRound)
  }
  const [from, to] = [medians[0], medians.at(-1)]
  return {
    inserts: sent * keys.length,
    statements,
    ...(from === undefined || to === undefined ? {} : { from, to }),
    steady: isSteady(medians),
  }
}

function fitting(msEach: number, { least, most }: Bounds): number {
  return Math.max(least, Math.min(most, Math.floor(roundMs / msEach)))
}

/** Whether the latest rounds were no quicker than those before them. */
export function isSteady(medians: readonly number[]): boolean {
  if (medians.length < 2 * compared) return false
  const latest = Math.min(...medians.slice(-compared))
  const before = Math.min(...medians.slice(-2 * compared, -compared))
  return latest >= before * (1 - mayFall)
}

/** Sends so many inserts, spread over the connections, whose times nobody asks for. */
export async function insertUntimed(
  session: BenchSession,
  keys: InsertKeyOrder,
  inserts: number,
  { concurrency, clock, signal, turn }: ControlOptions,
): Promise<void> {
  if (inserts === 0) return
  await paceInserts({
    inserts,
    concurrency,
    dueAt: null,
    clock,
    signal,
    ...(turn ? { turn } : {}),
    draw: (_index, connection) => session.draw(keys, connection),
    onInsert() {},
  })
}
