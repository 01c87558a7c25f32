import { auditLedger } from '../../../audit/audit-ledger.ts'
import { createYielder, type Watch } from '../../../base/progress.ts'
import type { StoredBooking } from '../../../audit/booking-tables.ts'
import type { AnyTable, Store } from '../../../ports/database.ts'
import type { AuditInput, Violation } from '../../../ports/workload.ts'
import { messages } from '../chat/tables.ts'
import { images } from '../image/tables.ts'
import { applicationAttempt, imageAttempt, messageAttempt, postAttempt } from '../ledger.ts'
import { applications, outbox, posts } from '../post/tables.ts'
import { auditDeliveries, withoutDeliveries } from './deliveries.ts'
import { auditEvents } from './events.ts'
import { auditPosts, auditRooms } from './posts.ts'
import { settle } from '../pending.ts'

/** How long everything may stand still before nobody is thought to be at work, ms. */
const longestStandstillMs = 5000

/** Tables that are gone through, each row once. */
const scanned: readonly AnyTable[] = [posts, outbox, messages, applications, images]

/**
 * Waits until events are published and handled and sagas have come to their end, as long as any of that goes on, and then
 * holds the ledger and the invariants against the tables and the topic:
 * - every acknowledged post, application, image and message is stored once (else `lost` or `duplicate`);
 * - every stored message reached each subscriber that was connected (else `lost`);
 * - no post has more applications than places (else `oversold`), and what is said to be left of them is;
 * - every approved post has one room whose first member is its owner; one that is rejected or deleted has neither room nor
 *   images, and the others as many images as are counted; the messages of a room are numbered without a gap;
 * - every event was published, and what follows from it is there (else `lost`); no post was decided about twice.
 *
 * Throws `broker-unreachable`, and the signal's reason once it aborts.
 */
export async function* auditMeetups(
  { database: { store }, ledger, openBroker }: AuditInput,
  watch: Watch,
  standstillMs: number = longestStandstillMs,
): AsyncGenerator<Violation> {
  const broker = await openBroker()
  yield* settle(store, broker, watch.signal, standstillMs)
  const counts = await Promise.all(scanned.map((table) => store.count(table)))
  const yielder = createYielder(
    watch,
    counts.reduce((sum, count) => sum + count, ledger.count),
  )
  yield* auditLedger({ scan: () => scanAttempts(store) }, withoutDeliveries(ledger), yielder)
  yield* auditDeliveries(store, ledger, yielder)
  yield* auditPosts(store, yielder)
  yield* auditRooms(store, yielder)
  yield* auditEvents(store, broker, yielder)
}

/** Scans everything that a client may have noted. */
async function* scanAttempts(store: Store): AsyncGenerator<StoredBooking> {
  for await (const { id } of store.scan(posts, ['id'])) yield { id, ...asText(postAttempt(id)) }
  for await (const { id, post_id: post, kind, key } of store.scan(applications, ['id', 'post_id', 'kind', 'key'])) {
    if (kind === 'applied' && key !== '') yield { id, ...asText(applicationAttempt(post, key)) }
  }
  for await (const { id, owner_id: post, owner_kind: kind } of store.scan(images, ['id', 'owner_id', 'owner_kind'])) {
    if (kind === 'post') yield { id, ...asText(imageAttempt(post, id)) }
  }
  for await (const { id, room_id: room, key } of store.scan(messages, ['id', 'room_id', 'key'])) {
    if (key !== '') yield { id, ...asText(messageAttempt(room, key)) }
  }
}

function asText({ key, resource }: ReturnType<typeof postAttempt>): Pick<StoredBooking, 'key' | 'resource'> {
  return { key, resource: String(resource) }
}
