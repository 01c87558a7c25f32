import { randomUUID } from 'node:crypto'
import { pause } from '../../../base/abort.ts'
import type { Broker, Message } from '../../../ports/broker.ts'
import type { Condition, FindOptions, Store, Table, Where } from '../../../ports/database.ts'
import { failure } from '../../../base/errors/errors.ts'
import { createBell } from '../bell.ts'
import { createLease, type HeldLease, type LeaseTable } from './lease.ts'

/** A row whose key ascends in the order in which rows are to be published: a UUID of version 7, say. */
interface OutboxRow {
  readonly id: string
}

/** A table of messages that a topic has yet to get. */
export interface Outbox<Row extends OutboxRow> {
  readonly table: Table<Row>
  /** Where the relays agree on who is at work. */
  readonly leases: LeaseTable
  readonly topic: string
  /** Which rows have yet to be published; no condition on `id`. */
  readonly waiting: Where<Row>
  messageOf(row: Row): Message
  /** Sees to it that these rows wait no more: the broker has acknowledged them. */
  settle(store: Store, ids: readonly string[]): Promise<void>
}

export interface Relay {
  /** Says that the outbox has got something, which would otherwise be noticed at the next look. */
  wake(): void
  /** Publishes what is left, for a bounded time, and stops. What is left then waits for the next process. */
  close(): Promise<void>
}

export interface RelayContext<Row extends OutboxRow> {
  readonly store: Store
  readonly outbox: Outbox<Row>
  /** Called again after a failure. */
  readonly openBroker: () => Promise<Broker>
  /** Called with the first failure in a row, and with what is left in the end. */
  readonly onError: (error: Error) => void
  /** Called with the number of messages that the broker has acknowledged. */
  readonly onPublished: (count: number) => void
}

/** How a relay keeps its time, ms. */
export interface RelayTimes {
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

const batchSize = 500

/**
 * Starts to move messages from the outbox to the topic, in order and at least once: a row is settled once the broker
 * has acknowledged its message, so what waits in the table is what is left to do, whoever ended in the middle of it. Of
 * several processes one relays, by a lease; the broker may be away for as long as it likes.
 */
export function startRelay<Row extends OutboxRow>(context: RelayContext<Row>, times: RelayTimes = defaultTimes): Relay {
  const { store, outbox, onError } = context
  const lease = createLease({ store, table: outbox.leases, name: 'outbox' }, randomUUID(), times.leaseMs)
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
      const moved = await moveBatch(context, lease)
      failures = 0
      if (moved === null) return { ms: times.standbyMs, wakeable: false }
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
    const [last] = await findWaiting(context, {}, { orderBy: ['id'], descending: true, limit: 1 })
    const isLeft = async () => last && (await findWaiting(context, { id: { lte: last.id } }, { limit: 1 })).length > 0
    while (!stop.aborted && (await isLeft())) {
      const { ms } = await round()
      await pause(ms, stop)
    }
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

/** Publishes the next rows that wait. Returns how many they were; null where another process relays. */
async function moveBatch<Row extends OutboxRow>(context: RelayContext<Row>, lease: HeldLease): Promise<number | null> {
  const { store, outbox, openBroker, onPublished } = context
  if (!(await lease.hold())) return null
  const rows = await findWaiting(context, {}, { orderBy: ['id'], limit: batchSize })
  if (rows.length === 0) return 0
  const broker = await openBroker()
  await broker.publish(
    outbox.topic,
    rows.map((row) => outbox.messageOf(row)),
  )
  onPublished(rows.length)
  // Those alone, and not all up to the last: other processes store rows that go before it meanwhile.
  await outbox.settle(
    store,
    rows.map(({ id }) => id),
  )
  return rows.length
}

/** Rows that wait, and of those only the ones whose id is so. */
function findWaiting<Row extends OutboxRow>(
  { store, outbox: { table, waiting } }: Pick<RelayContext<Row>, 'store' | 'outbox'>,
  id: { readonly id?: Condition<string> },
  options: FindOptions<OutboxRow>,
): Promise<Row[]> {
  return store.find<Row>(table, { ...waiting, ...id }, options) as Promise<Row[]>
}
