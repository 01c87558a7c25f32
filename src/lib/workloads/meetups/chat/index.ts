import { groups, topic, readEvent, type MeetupEvent } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'
import { createAnnouncer } from './announcements.ts'
import { createChat } from './service.ts'
import type { Message as BrokerMessage } from '../../../ports/broker.ts'
import type { Store } from '../../../ports/database.ts'
import { settleTurn, closeRoom } from './rooms.ts'
import { rooms } from './tables.ts'

/** Events handled at once. */
const maxBatch = 100

/** Starts the chat service. Throws `broker-unreachable` and `cache-unreachable`. */
export const startChat: StartService = async ({ database: { store }, openBroker, openPubSub, onError }) => {
  const pubsub = await openPubSub()
  const broker = await openBroker()
  const announcer = createAnnouncer(pubsub, onError)
  const handle = (received: Parameters<typeof handleEvents>[1]) =>
    handleEvents(store, received, announcer.announceChange)
  const consumer = await broker.consume({ topic, group: groups.chat, maxBatch, handle, onError })
  return {
    contracts: [served('ChatService', createChat({ store, pubsub, announcer }))],
    async close() {
      await consumer.close()
      await announcer.close()
    },
  }
}

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
      for (const event of events) await handleEvent(store, event, onChange)
    }),
  )
}

async function handleEvent(store: Store, { type, payload }: MeetupEvent, onChange: OnChange): Promise<void> {
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
