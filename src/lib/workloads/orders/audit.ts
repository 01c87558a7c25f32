import { hash, randomUUID } from 'node:crypto'
import { createLedgerIndex, passOf, type LedgerIndex } from '../../audit/ledger-index.ts'
import type { Broker, Message } from '../../ports/broker.ts'
import type { Store } from '../../ports/database.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { deadLetterId, group, topic } from './inbox.ts'
import { readOrder } from './order.ts'
import { deadLetters, keptBytes, orders } from './tables.ts'
import { type Watch, createYielder, type Yielder } from '../../base/progress.ts'

/** Messages that are indexed at a time: 110 MB. For more than these, everything is read again. */
const maxIndexed = 4_000_000

/** How the keys of what has to be stored begin. */
const orderPrefix = 'order '
const rejectedPrefix = 'rejected '

/** Messages that seem to be missing and are looked for in the tables at once. */
const lookedForAtOnce = 500

/** One message; an order that the database itself refused is among the dead letters, under this id. */
interface Entry extends LedgerEntry {
  readonly letterId?: () => string
}

/** Entries that have to be in the tables, to be gone through as often as needed. */
interface Expected {
  readonly count: number
  /** Keys are `order <uid>` or `rejected <id>`. */
  read(): AsyncIterable<Entry>
  /** Whether an entry's `resource` is the content that has to be stored. */
  readonly hasContents: boolean
  /** How many of them may rightly be missing, asked before the tables are read. */
  waiting(): Promise<number>
  /** Keys that were said to be lost before, by the ledger for instance, and that are not to be said again. */
  readonly told: Set<string>
}

/**
 * Holds what publishers noted, then what the topic holds, against the tables: each message is stored as an order (with
 * the content of one of the messages of its id) or as a dead letter, else it is `lost`. Messages that the replicas have
 * yet to handle are missing and no fault: only what is missing beyond their number is. Memory does not grow with the
 * messages. Throws the signal's reason once it aborts.
 */
export async function* auditOrders(
  { database: { store }, ledger, openBroker }: AuditInput,
  watch: Watch,
  entriesAtATime: number = maxIndexed,
): AsyncGenerator<Violation> {
  const broker = await openBroker()
  const noted = { count: ledger.count, read: () => notedEntries(ledger.read()), hasContents: false }
  const held = { ...(await openTopic(broker)), hasContents: true }
  const waiting = (): Promise<number> => broker.backlog(topic, group)
  const rows = (await store.count(orders)) + (await store.count(deadLetters))
  const all = [noted, held].filter(({ count }) => count > 0)
  const yielder = createYielder(
    watch,
    all.reduce((sum, { count }) => sum + count + rows, 0),
  )
  const told = new Set<string>()
  for (const expected of all) yield* hold({ ...expected, waiting, told }, store, yielder, entriesAtATime)
  yield* auditDeadLetters(store, yielder)
}

async function* notedEntries(entries: AsyncIterable<LedgerEntry>): AsyncGenerator<LedgerEntry> {
  for await (const { key, resource, outcome } of entries) yield { key: `${resource} ${key}`, resource: '', outcome }
}

/** Opens the topic as it is now; later messages are left out. */
async function openTopic(broker: Broker): Promise<Pick<Expected, 'count' | 'read'>> {
  const count = await broker.backlog(topic, randomUUID())
  return {
    count,
    async *read() {
      let left = count
      if (left === 0) return
      for await (const message of broker.read(topic)) {
        yield entryOf(message)
        if (--left === 0) return
      }
    },
  }
}

function entryOf({ value }: Message): Entry {
  const { order } = readOrder(value)
  const letterId = (): string => deadLetterId(value)
  if (order === null) return { key: rejectedPrefix + letterId(), resource: '', outcome: 'booked' }
  return { key: orderPrefix + order.order_uid, resource: contentOf(order), outcome: 'booked', letterId }
}

/** Equal for the same order, however it is written. */
function contentOf(order: unknown): string {
  return hash('sha1', canonical(order), 'base64')
}

async function* hold(
  expected: Expected,
  store: Store,
  yielder: Yielder,
  entriesAtATime: number,
): AsyncGenerator<Violation> {
  const passes = Math.max(1, Math.ceil(expected.count / entriesAtATime))
  for (let pass = 0; pass < passes; pass++) {
    const promised = createLedgerIndex(expected.count / passes)
    const inPass = (key: string): boolean => passOf(key, passes) === pass
    for await (const entry of expected.read()) {
      if (inPass(entry.key)) promised.add(entry)
      if (yielder.step()) await yielder.yield()
    }
    const waiting = await expected.waiting()
    const strays = new Map<string, string>()
    for await (const { key, content } of storedRows(store, expected.hasContents)) {
      if (inPass(key)) yield* judgeRow(key, content, promised, strays)
      if (yielder.step()) await yielder.yield()
    }
    if (promised.missing > 0) {
      const ofPass = { ...expected, read: () => filtered(expected.read(), inPass, yielder) }
      yield* judgeMissing(ofPass, store, promised, strays, waiting)
    }
  }
}

async function* filtered(
  entries: AsyncIterable<Entry>,
  inPass: (key: string) => boolean,
  yielder: Yielder,
): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    if (inPass(entry.key)) yield entry
    if (yielder.step()) await yielder.yield()
  }
}

async function* storedRows(
  store: Store,
  withContents: boolean,
): AsyncGenerator<{ readonly key: string; readonly content: string }> {
  if (withContents) {
    for await (const { order_uid, body } of store.scan(orders)) {
      yield { key: orderPrefix + order_uid, content: contentOf(JSON.parse(body)) }
    }
  } else {
    for await (const { order_uid } of store.scan(orders, ['order_uid']))
      yield { key: orderPrefix + order_uid, content: '' }
  }
  for await (const { id } of store.scan(deadLetters, ['id'])) yield { key: rejectedPrefix + id, content: '' }
}

function* judgeRow(
  key: string,
  content: string,
  promised: LedgerIndex,
  strays: Map<string, string>,
): Generator<Violation> {
  const match = promised.match({ key, id: '', resource: content })
  if (match === 'stray') strays.set(key, content)
  if (match === 'unacknowledged') {
    yield { kind: 'unknown-committed', key, detail: 'stored, though nobody was told that it was published' }
  }
}

/** Looks in the tables for what seems to be missing: another message of its id may be stored. */
async function* judgeMissing(
  expected: Expected,
  store: Store,
  promised: LedgerIndex,
  strays: Map<string, string>,
  waiting: number,
): AsyncGenerator<Violation> {
  const { told } = expected
  const explained = new Set([...told, ...(expected.hasContents ? [] : await refusedOrders(store))])
  let excess = promised.missing - strays.size - waiting - (await countMissing(expected, explained, promised))
  const judged = new Set<string>()
  let batch: Entry[] = []
  async function* look(): AsyncGenerator<Violation> {
    for (const { key } of await findMissing(store, batch)) {
      if (excess-- <= 0) return
      told.add(key)
      yield { kind: 'lost', key, detail: 'published, and neither stored nor among the dead letters' }
    }
    batch = []
  }
  for await (const entry of expected.read()) {
    const { key, resource, outcome } = entry
    if (strays.get(key) === resource) strays.delete(key)
    const isDone = explained.has(key) || judged.has(key) || strays.has(key) || promised.isStored(entry)
    if (outcome !== 'booked' || excess <= 0 || isDone) continue
    judged.add(key)
    batch.push(entry)
    if (batch.length >= lookedForAtOnce) yield* look()
  }
  yield* look()
  for (const key of strays.keys()) {
    yield { kind: 'inconsistent', key, detail: 'what is stored is none of the messages of that id' }
  }
}

/** Counts the `keys` among those that are missing. */
async function countMissing({ read }: Expected, keys: ReadonlySet<string>, promised: LedgerIndex): Promise<number> {
  const found = new Set<string>()
  if (keys.size > 0) {
    for await (const entry of read()) {
      if (entry.outcome === 'booked' && keys.has(entry.key) && !promised.isStored(entry)) found.add(entry.key)
    }
  }
  return found.size
}

/** Keys of the orders that the database refused: of a dead letter, a ledger knows no more than what the order calls itself. */
async function refusedOrders(store: Store): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { bytes } of store.scan(deadLetters, ['id', 'bytes'])) {
    const { order } = readOrder(Buffer.from(bytes, 'base64'))
    if (order !== null) keys.push(orderPrefix + order.order_uid)
  }
  return keys
}

/** Returns the entries that are in neither table. */
async function findMissing(store: Store, entries: readonly Entry[]): Promise<readonly Entry[]> {
  const uids = entries.flatMap(({ key }) => (key.startsWith(orderPrefix) ? key.slice(orderPrefix.length) : []))
  const idOf = ({ key, letterId }: Entry): string => letterId?.() ?? key.slice(rejectedPrefix.length)
  const [found, rejected] = await Promise.all([
    store.find(orders, { order_uid: { in: uids } }),
    store.find(deadLetters, { id: { in: entries.map(idOf) } }),
  ])
  const stored = new Set(found.map(({ order_uid }) => orderPrefix + order_uid))
  const kept = new Set(rejected.map(({ id }) => id))
  return entries.filter((entry) => !stored.has(entry.key) && !kept.has(idOf(entry)))
}

/** A dead letter is the message that it is kept for. */
async function* auditDeadLetters(store: Store, yielder: Yielder): AsyncGenerator<Violation> {
  for await (const { id, bytes } of store.scan(deadLetters, ['id', 'bytes'])) {
    const message = Buffer.from(bytes, 'base64')
    if (message.length < keptBytes && deadLetterId(message) !== id) {
      yield { kind: 'inconsistent', key: rejectedPrefix + id, detail: 'its bytes are not those of the message' }
    }
    if (yielder.step()) await yielder.yield()
  }
}

/** JSON with the fields of each object in alphabetical order: the same text for values that mean the same. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    const entries = Object.entries(part)
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
