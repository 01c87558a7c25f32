import { onAbort } from '../../../base/abort.ts'
import type { Message } from '../../../ports/broker.ts'
import { groups, readEvent, topic, type MeetupEvent } from '../events.ts'
import { served } from '../rpc/server.ts'
import type { StartService } from '../services.ts'
import { startRunner } from './runner.ts'
import { type SagaRow, sagas } from './tables.ts'
import type { Store } from '../../../ports/database.ts'
import type { PubSub } from '../../../ports/pubsub.ts'
import { requireIds } from '../checks.ts'
import type { SagaService, SagaState } from './contract.ts'

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

/** The channel on which processes tell each other that a saga has moved. */
export function channelOf(sagaId: string): string {
  return `meetup-saga:${sagaId}`
}

/** How long a watcher relies on being told, ms: who told may have died before. */
const lookEveryMs = 2000

/** Shows how far sagas are. */
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

/** A wait that others can end, also before it begins. */
function createBell(signal: AbortSignal) {
  let rung = Promise.withResolvers<void>()
  const ring = (): void => rung.resolve()
  const close = onAbort(signal, ring)
  return {
    ring,
    async wait(ms: number): Promise<void> {
      const timer = setTimeout(ring, ms)
      await rung.promise
      clearTimeout(timer)
      if (!signal.aborted) rung = Promise.withResolvers<void>()
    },
    close,
  }
}
