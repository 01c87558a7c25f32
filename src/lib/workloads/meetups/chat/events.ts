import type { Message as BrokerMessage } from '../../../ports/broker.ts'
import type { Store } from '../../../ports/database.ts'
import { readEvent, type MeetupEvent } from '../events.ts'
import { settleTurn } from './membership.ts'
import { closeRoom } from './rooms.ts'
import { rooms } from './tables.ts'

/** Told of a room that somebody may not read any more. */
type OnChange = (roomId: string) => Promise<void>

/** Carries out what events mean for rooms; the same ones again, or in another order, change nothing. */
export async function handleEvents(
  store: Store,
  received: readonly BrokerMessage[],
  onChange: OnChange,
): Promise<void> {
  const byPost = Map.groupBy(
    received.map(({ value }) => readEvent(value)),
    ({ aggregate }) => aggregate,
  )
  await Promise.all(
    Array.from(byPost.values(), async (events) => {
      for (const event of events) await handle(store, event, onChange)
    }),
  )
}

async function handle(store: Store, { type, payload }: MeetupEvent, onChange: OnChange): Promise<void> {
  if (type === 'post-deleted') {
    await closeRoom(store, payload.postId)
    await onChange(payload.postId)
  }
  if (type === 'application-created' || type === 'application-withdrawn') {
    const { postId: roomId, userId, turn } = payload
    const [closed] = await store.find(rooms, { id: roomId, state: 'closed' })
    if (closed) return
    await settleTurn(store, { roomId, userId, turn, joined: type === 'application-created' })
    if (type === 'application-withdrawn') await onChange(roomId)
  }
}
