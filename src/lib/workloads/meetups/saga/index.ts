import type { Message } from '../../../ports/broker.ts'
import { groups, readEvent, topic, type MeetupEvent } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'
import { startRunner } from './runner.ts'
import type { SagaRow } from './tables.ts'
import { channelOf, createWatch } from './watch.ts'

/** Events handled at once. */
const maxBatch = 100

/** Starts the saga service. Throws `broker-unreachable` and `cache-unreachable`. */
export const startSaga: StartService = async ({ database: { store }, clients, openBroker, openPubSub, onError }) => {
  const pubsub = await openPubSub()
  const broker = await openBroker()
  // Whoever watches looks again by themselves where this cannot be told.
  const onMove = ({ id }: SagaRow) => pubsub.publish(channelOf(id), '').catch(onError)
  const runner = startRunner({ store, clients, onError, onMove })
  const handle = (messages: readonly Message[]) =>
    runner.begin(messages.map(({ value }) => readEvent(value)).flatMap(sagasOf))
  const consumer = await broker.consume({ topic, group: groups.saga, maxBatch, handle, onError })
  return {
    contracts: [served('SagaService', createWatch(store, pubsub))],
    async close() {
      await consumer.close()
      await runner.close()
    },
  }
}

/** The saga that begins with an event; none with most. */
export function sagasOf({ type, payload }: MeetupEvent): SagaRow[] {
  if (type !== 'post-created') return []
  const { sagaId: id, postId, userId } = payload
  return [{ id, post_id: postId, user_id: userId, step: 'began', reason: '', updated_at: Date.now() }]
}
