import type { Store } from '../../../ports/database.ts'
import type { Violation } from '../../../ports/workload.ts'
import { members, memberId, rooms, type RoomRow, messages } from '../chat/tables.ts'
import { images, owners, removals } from '../image/tables.ts'
import { applications, posts, type ApplicationRow, type PostRow } from '../post/tables.ts'
import { inBatches } from './batches.ts'
import type { Yielder } from '../../../base/progress.ts'

type AuditedPost = Pick<PostRow, 'id' | 'user_id' | 'state' | 'max_apply' | 'places_left'>

/** Rows that belong to some posts, by the posts' ids. */
interface Belongings {
  readonly rooms: ReadonlyMap<string, RoomRow>
  /** The owners that are members of their rooms. */
  readonly firstMembers: ReadonlySet<string>
  /** How many there are, and how many are counted. */
  readonly images: ReadonlyMap<string, number>
  readonly countedImages: ReadonlyMap<string, number>
  readonly applications: ReadonlyMap<string, readonly ApplicationRow[]>
}

/** Holds every post against its applications, its room and its images. */
export async function* auditPosts(store: Store, yielder: Yielder): AsyncGenerator<Violation> {
  const columns = ['id', 'user_id', 'state', 'max_apply', 'places_left'] as const
  for await (const batch of inBatches(store.scan(posts, columns), yielder)) {
    const belongings = await findBelongings(store, batch)
    for (const post of batch) {
      yield* auditImages(post, belongings)
      yield* auditPlaces(post, belongings.applications.get(post.id) ?? [])
      if (post.state === 'approved') yield* auditApproved(post, belongings)
      if (post.state === 'rejected' || post.state === 'deleted') yield* auditGone(post, belongings)
    }
  }
}

async function findBelongings(store: Store, batch: readonly AuditedPost[]): Promise<Belongings> {
  const ids = batch.map(({ id }) => id)
  const [open, hosts, pictures, counters, leaving, applied] = await Promise.all([
    store.find(rooms, { id: { in: ids }, state: 'open' }),
    store.find(members, { id: { in: batch.map((post) => memberId(post.id, post.user_id)) }, turn: 0, active: 1 }),
    store.find(images, { owner_id: { in: ids } }, { columns: ['id', 'owner_id'] }),
    store.find(owners, { id: { in: ids } }),
    store.find(removals, { owner_id: { in: ids }, done: 0 }, { columns: ['id'] }),
    store.find(applications, { post_id: { in: ids } }),
  ])
  return {
    rooms: new Map(open.map((room) => [room.id, room])),
    firstMembers: new Set(hosts.map(({ id }) => id)),
    // One whose removal was begun is counted no more; the image service ends it at its next start.
    images: countBy(
      pictures.filter(({ id }) => !leaving.some((removal) => removal.id === id)).map(({ owner_id: id }) => id),
    ),
    countedImages: new Map(counters.map(({ id, images: counted }) => [id, counted])),
    applications: Map.groupBy(applied, ({ post_id: id }) => id),
  }
}

function* auditPlaces(post: AuditedPost, rows: readonly ApplicationRow[]): Generator<Violation> {
  const key = `post ${post.id}`
  const taken = rows.reduce((sum, { kind }) => sum + (kind === 'applied' ? 1 : -1), 0)
  if (taken > post.max_apply) {
    yield { kind: 'oversold', key, detail: `${taken} have applied for ${post.max_apply} places` }
  } else if (post.places_left !== post.max_apply - taken) {
    const detail = `${taken} of ${post.max_apply} places are taken, but ${post.places_left} are said to be left`
    yield { kind: 'inconsistent', key, detail }
  }
}

function* auditImages({ id }: AuditedPost, belongings: Belongings): Generator<Violation> {
  const found = belongings.images.get(id) ?? 0
  const counted = belongings.countedImages.get(id) ?? 0
  if (found === counted) return
  yield { kind: 'inconsistent', key: `post ${id}`, detail: `it has ${found} images, and ${counted} are counted` }
}

function* auditApproved(post: AuditedPost, belongings: Belongings): Generator<Violation> {
  const key = `post ${post.id}`
  const room = belongings.rooms.get(post.id)
  if (!room) yield { kind: 'inconsistent', key, detail: 'approved, but it has no room' }
  else if (room.owner_id !== post.user_id || !belongings.firstMembers.has(memberId(post.id, post.user_id))) {
    yield { kind: 'inconsistent', key, detail: `its owner ${post.user_id} is not the first member of its room` }
  }
}

function* auditGone({ id, state }: AuditedPost, belongings: Belongings): Generator<Violation> {
  const key = `post ${id}`
  if (belongings.rooms.has(id)) yield { kind: 'inconsistent', key, detail: `${state}, but it still has a room` }
  if (belongings.images.has(id)) yield { kind: 'inconsistent', key, detail: `${state}, but it still has images` }
}

function countBy(ids: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

/** Holds every room against its messages and its post. */
export async function* auditRooms(store: Store, yielder: Yielder): AsyncGenerator<Violation> {
  for await (const batch of inBatches(store.scan(rooms), yielder)) {
    const ids = batch.map(({ id }) => id)
    const known = new Set((await store.find(posts, { id: { in: ids } }, { columns: ['id'] })).map(({ id }) => id))
    const rows = await store.find(messages, { room_id: { in: ids } }, { columns: ['room_id', 'position'] })
    const positions = Map.groupBy(rows, ({ room_id: id }) => id)
    for (const { id, state, messages: expected } of batch) {
      const key = `room ${id}`
      const found = (positions.get(id) ?? []).map(({ position }) => position)
      if (state === 'open' && !known.has(id)) yield { kind: 'inconsistent', key, detail: 'a room of no post' }
      if (state === 'closed' && found.length > 0) {
        yield { kind: 'inconsistent', key, detail: `closed, but it still has ${found.length} messages` }
      }
      if (state === 'open' && !isComplete(found, expected)) {
        const detail = `${expected} messages were stored, ${found.length} are there, or their numbers have gaps`
        yield { kind: 'inconsistent', key, detail }
      }
    }
  }
}

/** Whether these are all numbers from 1 on. */
function isComplete(positions: readonly number[], count: number): boolean {
  const distinct = new Set(positions)
  return distinct.size === count && positions.length === count && positions.every((n) => n >= 1 && n <= count)
}
