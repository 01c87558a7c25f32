import { join } from 'node:path'
import { createMemoryPubSub } from '../../../src/lib/adapters/pubsub/pubsub.ts'
import { startChat } from '../../../src/lib/workloads/meetups/chat/service.ts'
import { startImageService } from '../../../src/lib/workloads/meetups/image/service.ts'
import { startPostService } from '../../../src/lib/workloads/meetups/post/service.ts'
import { startRelayService } from '../../../src/lib/workloads/meetups/relay.ts'
import { startRpcServer, type RpcServer } from '../../../src/lib/workloads/meetups/rpc/server.ts'
import { startSaga } from '../../../src/lib/workloads/meetups/saga/index.ts'
import { createClients, type RunningService, type ServiceName } from '../../../src/lib/workloads/meetups/services.ts'
import type { MeetupBackends } from './meetup-backends.ts'

/** The parts beside the gateway, each behind its own port, as they are in processes of their own. */
export interface System extends AsyncDisposable {
  readonly clients: ReturnType<typeof createClients>
  readonly errors: readonly Error[]
  start(...names: readonly ServiceName[]): Promise<void>
  stop(name: ServiceName): Promise<void>
}

/** None of them runs at first. */
export async function createSystem(place: MeetupBackends): Promise<System> {
  const running = new Map<ServiceName, { readonly service: RunningService; readonly server: RpcServer }>()
  const ports = new Map<ServiceName, number>()
  const errors: Error[] = []
  const onError = (error: Error) => void errors.push(error)
  const pubsub = createMemoryPubSub()
  const clients = createClients({ addressOf: (name) => `127.0.0.1:${ports.get(name) ?? 1}`, secret: 'secret' })
  const parts = {
    database: place.database,
    openBroker: async () => place.broker,
    openPubSub: async () => pubsub,
    openCache: () => Promise.reject(new Error('not asked for')),
    onError,
    clients,
  }
  const starts: Partial<Record<ServiceName, () => Promise<RunningService>>> = {
    post: () => startPostService(parts),
    chat: () => startChat(parts),
    image: () => startImageService(parts, `disk:${join(place.folder, 'images')}`),
    saga: () => startSaga(parts),
    relay: () => startRelayService(parts, 'auto'),
  }
  async function stop(name: ServiceName): Promise<void> {
    const found = running.get(name)
    running.delete(name)
    await found?.server.close()
    await found?.service.close()
  }
  return {
    clients,
    errors,
    stop,
    async start(...names) {
      for (const name of names) {
        const service = await starts[name]!()
        const server = await startRpcServer(
          service.contracts,
          { host: '127.0.0.1', port: ports.get(name) ?? 0, secret: 'secret' },
          onError,
        )
        ports.set(name, server.port)
        running.set(name, { service, server })
      }
    },
    async [Symbol.asyncDispose]() {
      for (const name of ['relay', 'saga', 'image', 'chat', 'post'] as const) await stop(name)
      await clients.close()
    },
  }
}
