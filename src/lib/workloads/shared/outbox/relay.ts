import { randomUUID } from 'node:crypto'
import { pause } from '../../../base/abort.ts'
import { failure } from '../../../base/errors/errors.ts'
import { createBell } from '../bell.ts'
import { createLease } from './lease.ts'
import { createLogReader, type LogTimes, type OutboxLog } from './log.ts'
import { batchSize, findWaiting, moveBatch, type OutboxContext, type OutgoingRow } from './outbox.ts'

export interface Relay {
  /** Says that the outbox has got something, which would otherwise be noticed at the next look. */
  wake(): void
  /** Publishes what is left, for a bounded time, and stops. What is left then waits for the next process. */
  close(): Promise<void>
}

/** The parts that a relay is made of. */
export interface RelayContext<Row extends OutgoingRow> extends OutboxContext<Row> {
  /** Followed where it is given; the table is polled until it is open, and when it is lost. */
  readonly log?: OutboxLog | undefined
}

/** How a relay keeps its time, ms. */
export interface RelayTimes extends Partial<LogTimes> {
  /** Between two rounds, so that those who book at the same time share one, and it does not take the disk from them. */
  readonly lingerMs: number
  /** Between two looks into an outbox that was empty. */
  readonly idleMs: number
  /** Between two looks whether who relays is still there: it has ended if it has not said so for `leaseMs`. */
  readonly standbyMs: number
  readonly leaseMs: number
  /** After a failure, twice as long after each more, up to the second. */
  readonly retryMs: readonly [first: number, longest: number]
  /** For what is left when it is closed; longer than a lease, which one that was killed may have left. */
  readonly drainMs: number
}

const defaultTimes: RelayTimes = {
  lingerMs: 20,
  idleMs: 200,
  standbyMs: 500,
  leaseMs: 2000,
  retryMs: [50, 2000],
  drainMs: 4000,
}

const defaultLogTimes = { settleMs: 50, sweepMs: 5000, keepMs: 1000, reopenMs: 5000 }

/**
 * Starts to move messages from the outbox to the topic, in order and at least once: a row is settled once the broker
 * has acknowledged its message, so what waits in the table is what is left to do, whoever ended in the middle of it. Of
 * several processes one relays, by a lease; the broker may be away for as long as it likes.
 */
export function startRelay<Row extends OutgoingRow>(
  context: RelayContext<Row>,
  times: RelayTimes = defaultTimes,
): Relay {
  const { store, outbox, onError, log } = context
  const lease = createLease({ store, table: outbox.leases, name: 'outbox' }, randomUUID(), times.leaseMs)
  const reader = log ? createLogReader(context, log, { ...defaultLogTimes, ...times }) : null
  const closing = new AbortController()
  const bell = createBell(closing.signal)
  let closed = false
  let failures = 0

  /** Tells of an error, but not of one in a round that nobody waits for any more. */
  function report(error: unknown): void {
    if (!closed) onError(error as Error)
  }

  /** How long to wait before the next round, and whether somebody who books may end that. */
  async function round(): Promise<{ readonly ms: number; readonly wakeable: boolean }> {
    try {
      if (!(await lease.hold())) {
        failures = 0
        await reader?.leave()
        return { ms: times.standbyMs, wakeable: false }
      }
      if (reader && !closing.signal.aborted && reader.isOpen()) {
        await reader.move(closing.signal)
        failures = 0
        return { ms: 0, wakeable: false }
      }
      await reader?.settle()
      const moved = await moveBatch(context)
      failures = 0
      if (moved === 0) return { ms: times.idleMs, wakeable: true }
      return { ms: moved === batchSize ? 0 : times.lingerMs, wakeable: false }
    } catch (error) {
      if (failures === 0) report(error)
      const [first, longest] = times.retryMs
      return { ms: Math.min(longest, first * 2 ** failures++), wakeable: false }
    }
  }

  async function relay(): Promise<void> {
    while (!closing.signal.aborted) {
      const { ms, wakeable } = await round()
      await (wakeable ? bell.wait(ms) : pause(ms, closing.signal))
    }
  }

  /** Until what is there now is gone, or `stop` aborts. */
  async function drain(stop: AbortSignal): Promise<void> {
    await working
    await reader?.leave()
    const [last] = await findWaiting(context, {}, { orderBy: ['id'], descending: true, limit: 1 })
    const isLeft = async () => last && (await findWaiting(context, { id: { lte: last.id } }, { limit: 1 })).length > 0
    while (!stop.aborted && (await isLeft())) {
      const { ms } = await round()
      await pause(ms, stop)
    }
    // Before another one has the lease, and begins to follow.
    if (await lease.hold()) await reader?.end()
    await lease.release()
  }

  const working = relay()
  return {
    wake: bell.ring,
    async close() {
      closing.abort()
      const stop = new AbortController()
      const drained = drain(stop.signal)
        .catch(report)
        .then(() => true)
      // A broker that is away may keep a round for longer than anybody wants to wait.
      const late = pause(times.drainMs, stop.signal).then(() => false)
      const isDone = await Promise.race([drained, late])
      closed = true
      stop.abort()
      if (!isDone) onError(failure('messages-left', { topic: outbox.topic }))
    },
  }
}
