import { groups, topic } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'
import { createAnnouncer } from './announcer.ts'
import { handleEvents } from './events.ts'
import { createChat } from './service.ts'

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
