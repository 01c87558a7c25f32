import { createBell } from '../../shared/bell.ts'
import { consumeEvents, type MeetupEvent } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'
import { startRunner } from './runner.ts'
import { type SagaRow, sagas } from './tables.ts'
import type { Store } from '../../../ports/database.ts'
import type { PubSub } from '../../../ports/pubsub.ts'
import { requireIds } from '../checks.ts'
import type { SagaService, SagaState } from './contract.ts'

/** Starts the saga service. Throws `broker-unreachable` and `cache-unreachable`. */
export const startSaga: StartService = async (context) => {
  const { database, clients, openPubSub, onError } = context
  const pubsub = await openPubSub()
  // Those who watch look again by themselves where this cannot be told.
  const onMove = ({ id }: SagaRow) => pubsub.publish(channelOf(id), '').catch(onError)
  const runner = startRunner({ store: database.store, clients, onError, onMove })
  const consumer = await consumeEvents(context, 'saga', (events) => runner.begin(events.flatMap(sagasOf)))
  return {
    contracts: [served('SagaService', createWatch(database.store, pubsub))],
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

/** The channel on which processes tell each other that a saga has moved. */
export function channelOf(sagaId: string): string {
  return `meetup-saga:${sagaId}`
}

/** How long a watcher relies on being told, ms: who told may have died before. */
const lookEveryMs = 2000

export function createWatch(store: Store, pubsub: PubSub): SagaService {
  return {
    async *watch({ sagaId }, signal) {
      requireIds([sagaId], 'sagaId')
      const bell = createBell(signal)
      const subscription = await pubsub.subscribe(channelOf(sagaId), { onMessage: bell.ring, onGap: bell.ring })
      try {
        let shown = ''
        while (!signal.aborted) {
          const state = await readState(store, sagaId)
          if (state.step !== shown) yield state
          shown = state.step
          if (shown === 'approved' || shown === 'rejected') return
          await bell.wait(lookEveryMs)
        }
      } finally {
        bell.close()
        await subscription.close()
      }
    },
  }
}

async function readState(store: Store, sagaId: string): Promise<SagaState> {
  const [row] = await store.find(sagas, { id: sagaId })
  return row ? toState(row) : { sagaId, postId: '', step: 'waiting', reason: '' }
}

function toState({ id: sagaId, post_id: postId, step, reason }: SagaRow): SagaState {
  return { sagaId, postId, step, reason }
}
