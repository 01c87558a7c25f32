import { applyIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { RpcError } from '../rpc/errors.ts'
import { memberId, members, messages, rooms, type MemberRow, type RoomRow } from './tables.ts'

/** Makes a room with its first member, or finds the one that is there. Throws `wrong-state` for one that is closed. */
export async function openRoom(store: Store, id: string, ownerId: string): Promise<RoomRow> {
  const row: RoomRow = { id, owner_id: ownerId, state: 'open', messages: 0, created_at: Date.now() }
  const owner: MemberRow = {
    id: memberId(id, ownerId),
    room_id: id,
    user_id: ownerId,
    turn: 0,
    active: 1,
    joined_at: row.created_at,
  }
  const claim = { guard: null, insert: [{ table: members, rows: [owner] }], absent: { table: rooms, row } }
  const [result] = await applyIfAbsent(store, [claim])
  if (result === 'applied') return row
  const [there] = await store.find(rooms, { id, state: 'open' })
  if (there) return there
  throw new RpcError('wrong-state', 'The room is closed')
}

/** Closes a room for good, also one that is yet to be made, and removes what is in it; does no harm the second time. */
export async function closeRoom(store: Store, id: string): Promise<void> {
  const row: RoomRow = { id, owner_id: '', state: 'closed', messages: 0, created_at: Date.now() }
  const [result] = await applyIfAbsent(store, [{ guard: null, insert: [], absent: { table: rooms, row } }])
  if (result === 'applied') return
  await store.update(rooms, { id }, { state: 'closed' })
  // In this order: from now on nothing is added.
  await store.remove(members, { room_id: id })
  await store.remove(messages, { room_id: id })
}
