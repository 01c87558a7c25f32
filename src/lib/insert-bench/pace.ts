import { setImmediate as nextTurn } from 'node:timers/promises'
import { onAbort } from '../base/abort.ts'
import { createTimers, type Clock, type Timers } from '../base/measure/clock.ts'

/** One insert that came back; times in milliseconds on the clock that it was paced by. */
export interface InsertTiming {
  /** From 0, in the order in which they began. */
  readonly index: number
  /** When it was sent. */
  readonly startedAt: number
  /** From the moment it should have been sent. */
  readonly responseMs: number
  /** From the moment it was sent. */
  readonly serviceMs: number
}

/** How inserts are sent. */
export interface Pace {
  readonly inserts: number
  /** How many may be under way at once, each on a connection of its own, numbered from 0. */
  readonly concurrency: number
  /** When insert `index` should be sent, ms on the clock; null: as soon as the one before on its connection came back. */
  readonly dueAt: ((index: number) => number) | null
  readonly clock: Clock
  /** Sends no more once it aborts; those under way come back first. */
  readonly signal: AbortSignal
  /** Makes insert `index` ready, outside its time; what is returned runs it. */
  draw(index: number, connection: number): () => Promise<void>
  onInsert(timing: InsertTiming): void
  /** Lets Ctrl-C through where inserts never wait; a turn of the event loop unless a test has none. */
  readonly turn?: () => Promise<unknown>
}

const msPerSecond = 1000
/** How far apart turns of the event loop are that let Ctrl-C through where inserts never wait. */
export const turnEveryMs = 20

/** A schedule of `rate` inserts a second from now on. */
export function scheduleFromNow(clock: Clock, rate: number): (index: number) => number {
  const startedAt = clock.now()
  return (index) => startedAt + (index * msPerSecond) / rate
}

/**
 * Sends inserts in the closed model (no schedule) or in the open one: there, while every connection is
 * busy, those that are due wait in line, and that wait counts as response time. Resolves with how long
 * it all took, ms. The first insert that fails ends it with its error, after those under way came back.
 */
export async function paceInserts(pace: Pace): Promise<number> {
  const timers = createTimers(pace.clock)
  const stopListening = onAbort(pace.signal, () => timers.cancelAll())
  const startedAt = pace.clock.now()
  const run: Run = { pace, timers, next: 0, turnedAt: startedAt }
  try {
    const connections = Array.from({ length: pace.concurrency }, (_, connection) => send(run, connection))
    const ended = await Promise.allSettled(connections)
    const failed = ended.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
    return pace.clock.now() - startedAt
  } finally {
    stopListening()
  }
}

interface Run {
  readonly pace: Pace
  readonly timers: Timers
  next: number
  turnedAt: number
}

async function send(run: Run, connection: number): Promise<void> {
  const { pace, timers } = run
  const { clock, turn = nextTurn } = pace
  try {
    while (run.next < pace.inserts && !timers.cancelled) {
      const index = run.next++
      const insert = pace.draw(index, connection)
      const dueAt = pace.dueAt ? pace.dueAt(index) : clock.now()
      const early = dueAt - clock.now()
      if (early > 0 && !(await timers.sleep(early))) return
      const sentAt = clock.now()
      await insert()
      const endedAt = clock.now()
      pace.onInsert({ index, startedAt: sentAt, responseMs: endedAt - dueAt, serviceMs: endedAt - sentAt })
      if (endedAt - run.turnedAt < turnEveryMs) continue
      run.turnedAt = endedAt
      await turn()
    }
  } catch (error) {
    // The other connections send no more either.
    timers.cancelAll()
    throw error
  }
}

/** How far a schedule was kept. */
export interface Schedule {
  /** Inserts a second that were to begin. */
  readonly asked: number
  /** Inserts a second that came back. */
  readonly reached: number
  /** Whether they began when they were due, apart from delays behind single slow ones. */
  readonly kept: boolean
}

/** The share of the schedule's time by which it may be exceeded. */
const mayTakeLonger = 0.05
const usPerMs = 1000

/**
 * Whether `inserts` at a rate of `asked` a second kept to their schedule, given that they took `elapsedMs`: not more
 * than 5% longer than the schedule, and than the slowest of them (`slowestUs`), which may have been the last.
 */
export function judgeSchedule(asked: number, inserts: number, elapsedMs: number, slowestUs: number): Schedule {
  const plannedMs = (Math.max(0, inserts - 1) * 1000) / asked
  return {
    asked,
    reached: elapsedMs > 0 ? (inserts * 1000) / elapsedMs : 0,
    kept: elapsedMs <= plannedMs * (1 + mayTakeLonger) + slowestUs / usPerMs,
  }
}
