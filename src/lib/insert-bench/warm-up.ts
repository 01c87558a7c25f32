import { medianOf } from '../stats/quantiles.ts'
import { timeControl, type ControlOptions } from './control.ts'
import { paceInserts } from './pace.ts'
import type { BenchSession, KeyOrder } from './table.ts'

/** How a table size is warmed up. */
export interface WarmUpOptions extends ControlOptions {
  readonly keys: readonly KeyOrder[]
  /** Inserts of each series; null: until the client's own cost is steady. */
  readonly warmup: number | null
}

/** What was done before anything was measured. */
export interface WarmUp {
  /** All series together. */
  readonly inserts: number
  /** Of the control. */
  readonly statements: number
  /** Median of the control in the first round and in the last, microseconds; missing where none was sent. */
  readonly from?: number
  readonly to?: number
  /** The control's median got no lower any more. */
  readonly steady: boolean
}

/** Inserts of each series in a round. */
const insertsPerRound = 20
/** Statements of the control in a round. */
const statementsPerRound = 50
/** Inserts of each series at most: they grow the table that is to be measured. */
export const mostWarmUpInserts = 200
/** Node has compiled what it is going to by then, unless the machine is too restless to tell. */
const mostRounds = 60
/** Rounds that are held against as many before them. */
const compared = 3
/** By so much the medians of rounds may still fall. */
const mayFall = 0.03

/**
 * Sends inserts and the control in turns until the control's median has stopped falling: until Node has compiled the way
 * that both take. At most 200 inserts a series, and 60 rounds. With a number of inserts, that many and no more are sent,
 * and the control with them.
 */
export async function warmUp(session: BenchSession, options: WarmUpOptions): Promise<WarmUp> {
  const { keys, warmup, signal } = options
  const most = warmup ?? mostWarmUpInserts
  const medians: number[] = []
  let [sent, statements] = [0, 0]
  while (!signal.aborted && medians.length < mostRounds) {
    if (warmup === null ? isSteady(medians) : sent >= most) break
    const inserts = Math.min(insertsPerRound, most - sent)
    for (const order of keys) await insertUntimed(session, order, inserts, options)
    sent += inserts
    const latencies = await timeControl(session, statementsPerRound, options)
    statements += latencies.length
    if (latencies.length > 0) medians.push(medianOf(latencies))
  }
  const [from, to] = [medians[0], medians.at(-1)]
  return {
    inserts: sent * keys.length,
    statements,
    ...(from === undefined || to === undefined ? {} : { from, to }),
    steady: isSteady(medians),
  }
}

/** Whether the latest rounds were no quicker than those before them. */
export function isSteady(medians: readonly number[]): boolean {
  if (medians.length < 2 * compared) return false
  const latest = Math.min(...medians.slice(-compared))
  const before = Math.min(...medians.slice(-2 * compared, -compared))
  return latest >= before * (1 - mayFall)
}

async function insertUntimed(
  session: BenchSession,
  keys: KeyOrder,
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
