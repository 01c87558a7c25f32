import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import type { MeetupEvent } from '../events.ts'
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
  if (await insertIfAbsent(store, rooms, row, [{ table: members, rows: [owner] }])) return row
  const [there] = await store.find(rooms, { id, state: 'open' })
  if (there) return there
  throw new RpcError('wrong-state', 'The room is closed')
}

/** Closes a room for good, also one that is yet to be made, and removes what is in it; does no harm the second time. */
export async function closeRoom(store: Store, id: string): Promise<void> {
  const row: RoomRow = { id, owner_id: '', state: 'closed', messages: 0, created_at: Date.now() }
  if (await insertIfAbsent(store, rooms, row)) return
  await store.update(rooms, { id }, { state: 'closed' })
  // In this order: from now on nothing is added.
  await store.remove(members, { room_id: id })
  await store.remove(messages, { room_id: id })
}

/**
 * Puts a user into a room, or out of it, who has applied or withdrawn for the `turn`th time. What a later turn has settled
 * stays, in whatever order events come.
 */
async function settleTurn(
  store: Store,
  { postId: roomId, userId, turn }: Extract<MeetupEvent, { type: 'application-created' }>['payload'],
  joined: boolean,
): Promise<void> {
  const id = memberId(roomId, userId)
  for (;;) {
    const active = joined ? 1 : 0
    const patch = { turn, active, joined_at: Date.now() }
    if ((await store.update(members, { id, turn: { lt: turn } }, patch)) > 0) return
    if (!joined && (await store.update(members, { id, turn }, { active })) > 0) return
    const row: MemberRow = { id, room_id: roomId, user_id: userId, ...patch }
    if (await insertIfAbsent(store, members, row)) return
    const [there] = await store.find(members, { id })
    // Else it was stored, or taken away, a moment ago.
    if (there && (there.turn > turn || (there.turn === turn && (joined || there.active === 0)))) return
  }
}

/** Called with a room that somebody may not read any more. */
type OnChange = (roomId: string) => Promise<void>

/** Carries out what events mean for rooms; the same ones again, or in another order, change nothing. */
export async function handleEvents(store: Store, events: readonly MeetupEvent[], onChange: OnChange): Promise<void> {
  const byPost = Map.groupBy(events, ({ aggregate }) => aggregate)
  await Promise.all(
    Array.from(byPost.values(), async (ofPost) => {
      for (const event of ofPost) await handleEvent(store, event, onChange)
    }),
  )
}

async function handleEvent(store: Store, { type, payload }: MeetupEvent, onChange: OnChange): Promise<void> {
  if (type === 'post-deleted') {
    await closeRoom(store, payload.postId)
    await onChange(payload.postId)
  }
  if (type === 'application-created' || type === 'application-withdrawn') {
    const [closed] = await store.find(rooms, { id: payload.postId, state: 'closed' })
    if (closed) return
    await settleTurn(store, payload, type === 'application-created')
    if (type === 'application-withdrawn') await onChange(payload.postId)
  }
}
