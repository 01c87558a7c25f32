import { createLedgerIndex, type LedgerIndex } from '../../../audit/ledger-index.ts'
import type { Broker } from '../../../ports/broker.ts'
import type { Store } from '../../../ports/database.ts'
import type { Violation } from '../../../ports/workload.ts'
import { memberId, members, rooms } from '../chat/tables.ts'
import { readEvent, topic, type EventType, type MeetupEvent } from '../events.ts'
import { owners } from '../image/tables.ts'
import { outbox, type OutboxRow } from '../post/tables.ts'
import { sagas } from '../saga/tables.ts'
import { inBatches } from './batches.ts'
import type { Yielder } from '../../../base/progress.ts'

/** A post is decided about once, however often the steps of its saga are taken. */
const decisions = new Set<EventType>(['post-approved', 'post-rejected'])

const columns = ['id', 'type', 'aggregate', 'published_at'] as const

/**
 * Holds every event that was published against the topic, and against what has to follow from it. Those from before the
 * oldest that the topic has were published to another broker, or the topic does not keep them any more.
 */
export async function* auditEvents(store: Store, broker: Broker, yielder: Yielder): AsyncGenerator<Violation> {
  const count = await store.count(outbox)
  const promised = createLedgerIndex(count)
  const decided = createLedgerIndex(count)
  for await (const { id, type, aggregate, published_at: publishedAt } of store.scan(outbox, columns)) {
    if (publishedAt > 0) promised.add({ key: id, resource: '', outcome: 'booked' })
    if (!decisions.has(type)) continue
    decided.add({ key: aggregate, resource: '', outcome: 'booked' })
    if (decided.match(asStored(aggregate)) === 'acknowledged') continue
    yield { kind: 'duplicate', key: `post ${aggregate}`, detail: `decided about once more by the event ${id}: ${type}` }
  }
  for await (const { value } of broker.read(topic)) {
    const id = idOf(value)
    if (id !== null) promised.match(asStored(id))
    if (yielder.step()) await yielder.yield()
  }
  const since = promised.missing > 0 ? await findOldest(store, promised, yielder) : Infinity
  for await (const batch of inBatches(store.scan(outbox), yielder)) yield* auditBatch(store, batch, promised, since)
}

/** When the first of the events was published that the topic has, ms since 1970. */
async function findOldest(store: Store, promised: LedgerIndex, yielder: Yielder): Promise<number> {
  let oldest = Infinity
  for await (const { id, published_at: at } of store.scan(outbox, ['id', 'published_at'])) {
    if (at > 0 && at < oldest && promised.isStored({ key: id, resource: '', outcome: 'booked' })) oldest = at
    if (yielder.step()) await yielder.yield()
  }
  return oldest
}

async function* auditBatch(
  store: Store,
  batch: readonly OutboxRow[],
  promised: LedgerIndex,
  since: number,
): AsyncGenerator<Violation> {
  const published = batch.filter((row) => row.published_at > 0)
  const events = published.map(({ event }) => readEvent(Buffer.from(event)))
  const isHandled = await findHandled(store, events)
  for (const [index, event] of events.entries()) {
    const key = `event ${event.id}`
    const isOfTopic = (published[index] as OutboxRow).published_at >= since
    // One that is matched for the first time only now was not in the topic.
    if (isOfTopic && promised.missing > 0 && promised.match(asStored(event.id)) === 'acknowledged') {
      yield { kind: 'lost', key, detail: `${event.type} is said to be published, but it is not in ${topic}` }
    }
    if (!isHandled(event)) {
      yield { kind: 'lost', key, detail: `${event.type} was published, but what has to follow from it is not there` }
    }
  }
}

/** An event as the index matches it. */
function asStored(id: string) {
  return { key: id, id: '', resource: '' }
}

/** Returns null for a message that this workload has not sent. */
function idOf(value: Buffer): string | null {
  try {
    const { id } = JSON.parse(value.toString()) as { readonly id?: unknown }
    return typeof id === 'string' ? id : null
  } catch {
    return null
  }
}

/** Says of each of these events whether it had its effect. */
async function findHandled(store: Store, events: readonly MeetupEvent[]): Promise<(event: MeetupEvent) => boolean> {
  const posts = [...new Set(events.map(({ aggregate }) => aggregate))]
  const applicants = events.flatMap(({ type, payload }) =>
    type === 'application-created' || type === 'application-withdrawn' ? [payload] : [],
  )
  const memberIds = applicants.map(({ postId, userId }) => memberId(postId, userId))
  const [begun, closed, removed, joined] = await Promise.all([
    store.find(sagas, { id: { in: events.flatMap(sagaIdOf) } }, { columns: ['id'] }),
    store.find(rooms, { id: { in: posts }, state: 'closed' }, { columns: ['id'] }),
    store.find(owners, { id: { in: posts }, state: 'removed' }, { columns: ['id'] }),
    store.find(members, { id: { in: memberIds } }),
  ])
  const sagaIds = new Set(begun.map(({ id }) => id))
  const closedRooms = new Set(closed.map(({ id }) => id))
  const removedOwners = new Set(removed.map(({ id }) => id))
  const turns = new Map(joined.map((member) => [member.id, member]))
  return ({ type, payload }) => {
    if (type === 'post-created') return sagaIds.has(payload.sagaId)
    if (type === 'post-deleted') return closedRooms.has(payload.postId) && removedOwners.has(payload.postId)
    if (type === 'post-approved' || type === 'post-rejected') return true
    const { postId, userId, turn } = payload
    const member = turns.get(memberId(postId, userId))
    if (!member || member.turn < turn) return closedRooms.has(postId)
    return type === 'application-created' || member.turn > turn || member.active === 0
  }
}

function sagaIdOf({ type, payload }: MeetupEvent): string[] {
  return type === 'post-created' ? [payload.sagaId] : []
}
