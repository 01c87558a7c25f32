import { v5 as uuidOf, v4 as randomUuid } from 'uuid'
import { applyIfAbsent, type ChangeIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { createGroupCommit } from '../../shared/group-commit.ts'
import { RpcError } from '../rpc/errors.ts'
import { memberId, members, messages, rooms, type MessageRow, type RoomRow } from './tables.ts'

export interface NewMessage {
  readonly roomId: string
  readonly userId: string
  readonly body: string
  readonly key: string
}

const maxBatch = 256

/**
 * Stores messages, those that come in together with one commit; each resolves when it is durable, and `onStored` is
 * told of those that are new. One whose key is there already resolves to what is there. Rejects with `not-found`
 * where there is no room, and with `forbidden` for who is no member.
 */
export function createMessageStore(
  store: Store,
  onStored: (stored: readonly MessageRow[]) => Promise<void>,
): (message: NewMessage) => Promise<MessageRow> {
  return createGroupCommit(async (batch: readonly NewMessage[]) => {
    const results = await storeAll(store, batch)
    await onStored(results.flatMap((result) => ('fresh' in result ? [result.fresh] : [])))
    return results.map(toPromise)
  }, maxBatch)
}

type Stored = { readonly fresh: MessageRow } | { readonly known: MessageRow } | { readonly refusal: RpcError }

async function toPromise(result: Stored): Promise<MessageRow> {
  if ('refusal' in result) throw result.refusal
  return 'fresh' in result ? result.fresh : result.known
}

async function storeAll(store: Store, batch: readonly NewMessage[]): Promise<Stored[]> {
  const [open, isMember] = await Promise.all([findOpen(store, batch), findMembers(store, batch)])
  const refusals = batch.map(({ roomId, userId }) => {
    if (!open.has(roomId)) return noRoom()
    return isMember.has(memberId(roomId, userId)) ? null : new RpcError('forbidden', 'You are no member of this room')
  })
  const allowed = batch.filter((_, index) => refusals[index] === null)
  const stored = (await insertAll(store, allowed, open)).values()
  return refusals.map((refusal) => (refusal ? { refusal } : (stored.next().value as Stored)))
}

function noRoom(): RpcError {
  return new RpcError('not-found', 'There is no such room')
}

async function findOpen(store: Store, batch: readonly NewMessage[]): Promise<Map<string, RoomRow>> {
  const ids = [...new Set(batch.map(({ roomId }) => roomId))]
  const found = await store.find(rooms, { id: { in: ids }, state: 'open' })
  return new Map(found.map((room) => [room.id, room]))
}

async function findMembers(store: Store, batch: readonly NewMessage[]): Promise<Set<string>> {
  const ids = [...new Set(batch.map(({ roomId, userId }) => memberId(roomId, userId)))]
  const found = await store.find(members, { id: { in: ids }, active: 1 }, { columns: ['id'] })
  return new Set(found.map(({ id }) => id))
}

async function insertAll(
  store: Store,
  batch: readonly NewMessage[],
  open: ReadonlyMap<string, RoomRow>,
): Promise<Stored[]> {
  const positions = new Map(Array.from(open, ([id, room]) => [id, room.messages]))
  const rows = batch.map((message) => {
    const position = (positions.get(message.roomId) as number) + 1
    positions.set(message.roomId, position)
    return rowOf(message, position)
  })
  const results = await applyIfAbsent(store, rows.map(changeFor))
  const known = await findKnown(
    store,
    rows.filter((_, index) => results[index] === 'taken'),
  )
  // Another process was earlier, or a key before them in this batch was there already: their positions are others now.
  const outrun = batch.filter((_, index) => results[index] === 'refused')
  const later = (outrun.length === 0 ? [] : await storeAll(store, outrun)).values()
  return rows.map((row, index) => {
    if (results[index] === 'applied') return { fresh: row }
    if (results[index] === 'refused') return later.next().value as Stored
    const there = known.get(row.id)
    return there ? { known: there } : { refusal: noRoom() }
  })
}

function rowOf({ roomId, userId, body, key }: NewMessage, position: number): MessageRow {
  const id = key === '' ? randomUuid() : uuidOf(`${userId}/${key}`, roomId)
  return { id, room_id: roomId, position, user_id: userId, body, key, created_at: Date.now() }
}

/** The next position in the room, or nothing. */
function changeFor(row: MessageRow): ChangeIfAbsent {
  const where = { id: row.room_id, state: 'open' as const, messages: row.position - 1 }
  return {
    guard: { table: rooms, where, patch: { messages: row.position } },
    absent: { table: messages, row },
  }
}

async function findKnown(store: Store, taken: readonly MessageRow[]): Promise<Map<string, MessageRow>> {
  if (taken.length === 0) return new Map()
  const found = await store.find(messages, { id: { in: taken.map(({ id }) => id) } })
  return new Map(found.map((row) => [row.id, row]))
}
