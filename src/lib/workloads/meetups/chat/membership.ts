import { applyIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../../ports/database.ts'
import { memberId, members, type MemberRow } from './tables.ts'

/** What an event says of somebody who applied, for the `turn`th time. */
export interface Turn {
  readonly roomId: string
  readonly userId: string
  readonly turn: number
  /** False for one who has withdrawn. */
  readonly joined: boolean
}

/** Puts somebody into a room, or out of it. What a later turn has settled stays, in whatever order events come. */
export async function settleTurn(store: Store, change: Turn): Promise<void> {
  const { roomId, userId, turn, joined } = change
  const id = memberId(roomId, userId)
  for (;;) {
    const active = joined ? 1 : 0
    const patch = { turn, active, joined_at: Date.now() }
    if ((await store.update(members, { id, turn: { lt: turn } }, patch)) > 0) return
    if (!joined && (await store.update(members, { id, turn }, { active })) > 0) return
    const row: MemberRow = { id, room_id: roomId, user_id: userId, ...patch }
    const [result] = await applyIfAbsent(store, [{ guard: null, insert: [], absent: { table: members, row } }])
    if (result === 'applied') return
    const [there] = await store.find(members, { id })
    // Else it was stored, or taken away, a moment ago.
    if (there && (there.turn > turn || (there.turn === turn && (joined || there.active === 0)))) return
  }
}
