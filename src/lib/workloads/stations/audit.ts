import { pause } from '../../base/abort.ts'
import { auditBookings } from '../../audit/audit-bookings.ts'
import { createLedgerIndex, type LedgerIndex } from '../../audit/ledger-index.ts'
import type { Store } from '../../ports/database.ts'
import type { LedgerEntries } from '../../ports/scenario.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { readMessage, topic } from './messages.ts'
import { bookings, bookingTables, outbox } from './tables.ts'
import { type Watch, createYielder, type Yielder } from '../../base/progress.ts'

/** How long the outbox may stand still before nobody is thought to be publishing it; between two looks, ms. */
const longestStandstillMs = 5000
const lookEveryMs = 100

/**
 * Holds the ledger and the invariants against the database and the topic:
 * - every acknowledged booking is stored once, and for every day places left + bookings = capacity;
 * - every booking that is stored, acknowledged or not, was published (else `lost`), or waits in the outbox for an API
 *   that is at work. Where the outbox stands still nobody publishes, and what waits there is `inconsistent`.
 *
 * Messages that nobody here has booked are not looked at: the topic may be older than the tables. Nor are bookings of runs
 * of which the topic knows none, unless they are those of the ledger: they were perhaps published to another broker. Throws
 * `broker-unreachable`, and the signal's reason once it aborts.
 */
export async function* auditStations(
  input: AuditInput,
  watch: Watch,
  standstillMs: number = longestStandstillMs,
): AsyncGenerator<Violation> {
  yield* auditBookings(input.database, bookingTables, input.ledger, watch)
  yield* auditMessages(input, watch, standstillMs)
}

async function* auditMessages(
  { database, ledger, openBroker }: AuditInput,
  watch: Watch,
  standstillMs: number,
): AsyncGenerator<Violation> {
  const { store } = database
  const stored = await store.count(bookings)
  const yielder = createYielder(watch, stored * 2)
  // In this order: a booking that is there now has left its message in the outbox by then, and then in the topic.
  const promised = await indexBookings(store, stored, yielder)
  const waiting = await findWaiting(store, watch.signal, standstillMs)
  const broker = await openBroker()
  const known = new Set<string>()
  for await (const message of broker.read(topic)) {
    const booking = readMessage(message)
    if (booking && promised.match(toStored(booking.person, booking.day)) === 'acknowledged')
      known.add(runOf(booking.person))
    if (yielder.step()) await yielder.yield()
  }
  for (const { person, day } of waiting) {
    // One that is published already was only not removed: the broker or its API was killed in between.
    if (promised.match(toStored(person, day)) !== 'acknowledged') continue
    const detail = `booked for ${day}, but not published to ${topic}, and nobody is at it: start the API again`
    yield { kind: 'inconsistent', key: person, detail }
  }
  if (promised.missing > 0) yield* findUnpublished(store, promised, await demanded(ledger, known, yielder), yielder)
}

/** The run that has made up a person; empty for somebody else's. */
function runOf(person: string): string {
  return /^([\da-f]{8}(?:x\d+)?)-\d+-\d+$/.exec(person)?.[1] ?? ''
}

/** Says of a stored booking whether its message has to be in a topic that knows these runs. */
async function demanded(
  ledger: LedgerEntries,
  known: ReadonlySet<string>,
  yielder: Yielder,
): Promise<(person: string, day: string) => boolean> {
  const noted = createLedgerIndex(ledger.count)
  let isOfTopic = false
  for await (const entry of ledger.read()) {
    noted.add(entry)
    isOfTopic ||= known.has(runOf(entry.key))
    if (yielder.step()) await yielder.yield()
  }
  return (person, day) => known.has(runOf(person)) || (!isOfTopic && noted.match(toStored(person, day)) !== 'foreign')
}

/** Indexes every booking that is there now: each has to be published. */
async function indexBookings(store: Store, count: number, yielder: Yielder): Promise<LedgerIndex> {
  const promised = createLedgerIndex(count)
  let left = count
  for await (const { mysejahtera_id: person, day } of store.scan(bookings, ['mysejahtera_id', 'day'])) {
    // Those that an API adds meanwhile; there is no room for them.
    if (left-- === 0) break
    promised.add({ key: person, resource: day, outcome: 'booked' })
    if (yielder.step()) await yielder.yield()
  }
  return promised
}

/** A booking as the index matches it. There is no other one of that person. */
function toStored(person: string, day: string) {
  return { id: '', key: person, resource: day }
}

/** Finds bookings that no message has matched: their own row matches them for the first time. */
async function* findUnpublished(
  store: Store,
  promised: LedgerIndex,
  isDemanded: (person: string, day: string) => boolean,
  yielder: Yielder,
): AsyncGenerator<Violation> {
  for await (const { mysejahtera_id: person, day } of store.scan(bookings, ['mysejahtera_id', 'day'])) {
    if (promised.match(toStored(person, day)) === 'acknowledged' && isDemanded(person, day)) {
      const detail = `booked for ${day}, but neither published to ${topic} nor waiting for it`
      yield { kind: 'lost', key: person, detail }
    }
    if (yielder.step()) await yielder.yield()
  }
}

type WaitingMessage = NonNullable<ReturnType<typeof readMessage>>

/** Finds what is in the outbox now and stays there, waiting for as long as some of it is being published. */
async function findWaiting(store: Store, signal: AbortSignal, standstillMs: number): Promise<WaitingMessage[]> {
  const [last] = await store.find(outbox, {}, { orderBy: ['id'], descending: true, limit: 1 })
  if (!last) return []
  const upToLast = { id: { lte: last.id } }
  let first: string | undefined
  let movedAt = performance.now()
  while (performance.now() - movedAt < standstillMs) {
    const [next] = await store.find(outbox, upToLast, { orderBy: ['id'], limit: 1 })
    if (!next) return []
    if (next.id !== first) movedAt = performance.now()
    first = next.id
    await pause(lookEveryMs, signal)
    signal.throwIfAborted()
  }
  const left: WaitingMessage[] = []
  for await (const { id, person, message } of store.scan(outbox)) {
    if (id > last.id) break
    const booking = readMessage({ key: person, value: Buffer.from(message) })
    if (booking) left.push(booking)
  }
  return left
}
