import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure } from '../../base/errors/errors.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { startChat } from './chat/service.ts'
import { serveGateway } from './gateway/server.ts'
import { startImageService } from './image/service.ts'
import { findPendingWork, isDone } from './pending.ts'
import { startPostService } from './post/service.ts'
import { startRelayService, type RelayWay } from './relay.ts'
import type { OnCall } from './rpc/client.ts'
import { startRpcServer, type RpcServer } from './rpc/server.ts'
import { loopback } from './rpc/transport.ts'
import { startSaga } from './saga/index.ts'
import {
  createClients,
  serviceNames,
  type Clients,
  type RunningService,
  type ServiceName,
  type ServiceContext,
  type Ways,
} from './services.ts'
import { startUserService } from './user/service.ts'

/** Which parts run in this process, and where those are that do not. */
export interface ServeOptions {
  /** All of them, unless one is named. */
  readonly service: ServiceName | 'gateway' | 'all'
  /** The port of the first of `serviceNames` in a process of its own; each has the next one. */
  readonly servicePort: number
  readonly relay?: RelayWay
  /** Where images are kept: `disk:PATH` or `s3://BUCKET/PREFIX`. */
  readonly images: string
  /** The secret that all parts show each other; only where all are in this process it may be left to chance. */
  readonly serviceSecret?: string | undefined
}

/** How long all parts of one process go on when it closes, for what they have begun, ms. */
const drainMs = 4000
const lookEveryMs = 20

type Starter = (context: ServiceContext, options: ServeOptions) => Promise<RunningService>

const starters: Readonly<Record<ServiceName, Starter>> = {
  user: startUserService,
  post: startPostService,
  chat: startChat,
  image: (context, { images }) => startImageService(context, images),
  saga: startSaga,
  relay: (context, { relay = 'auto' }) => startRelayService(context, relay),
}

/** Starts all parts, or one. Throws `service-secret-missing`, `port-in-use` or `host-unusable`. */
export async function serveMeetups(services: Services, options: ServeOptions): Promise<RunningServer> {
  const { service, servicePort } = options
  const fixedPort = (name: ServiceName) => servicePort + serviceNames.indexOf(name)
  if (service === 'all')
    return serveAll(services, options, options.serviceSecret ?? randomBytes(32).toString('base64url'))
  const { serviceSecret: secret } = options
  if (secret === undefined) throw failure('service-secret-missing', { service })
  const ways = { portOf: fixedPort, secret }
  if (service !== 'gateway') return serveOne(services, service, options, ways)
  return serveGateway({ ...services, openClients: (onCall) => createClients(ways, onCall) })
}

async function serveAll(services: Services, options: ServeOptions, secret: string): Promise<RunningServer> {
  const servers = new Map<ServiceName, RpcServer>()
  const serverHere = (name: ServiceName) => servers.get(name)
  const ways = { portOf: (name: ServiceName) => servers.get(name)?.port ?? 0, secret, serverHere }
  const open = (onCall?: OnCall) => createClients(ways, onCall)
  const clients = open()
  const started: Started[] = []
  try {
    for (const name of serviceNames) {
      const one = await startOne({ ...services, clients }, name, options, { port: 0, secret })
      started.push(one)
      servers.set(name, one.server)
    }
    const gateway = await serveGateway({ ...services, openClients: open })
    return {
      ...gateway,
      async close() {
        await gateway.close()
        await drain(services)
        await closeAll(started, clients)
      },
    }
  } catch (error) {
    await closeAll(started, clients)
    throw error
  }
}

async function serveOne(
  services: Services,
  name: ServiceName,
  options: ServeOptions,
  ways: Ways,
): Promise<RunningServer> {
  const clients = createClients(ways)
  const place = { port: ways.portOf(name), secret: ways.secret }
  const started = await startOne({ ...services, clients }, name, options, place)
  return {
    origin: `http://${loopback}:${started.server.port}`,
    isInternal: true,
    // Its clients connect again by themselves, so that nothing would be seen of it.
    dropConnections: async () => 0,
    close: () => closeAll([started], clients),
  }
}

interface Started {
  readonly service: RunningService
  readonly server: RpcServer
}

async function startOne(
  context: ServiceContext,
  name: ServiceName,
  options: ServeOptions,
  { port, secret }: { readonly port: number; readonly secret: string },
): Promise<Started> {
  const service = await starters[name](context, options)
  try {
    return { service, server: await startRpcServer(service.contracts, port, secret, context.onError) }
  } catch (error) {
    await service.close()
    throw error
  }
}

/** Finishes work that was begun before the gateway closed; leaves what takes too long to the next process. */
async function drain({ database, openBroker, onError }: Services): Promise<void> {
  const until = performance.now() + drainMs
  try {
    const broker = await openBroker()
    while (!isDone(await findPendingWork(database.store, broker)) && performance.now() < until) await sleep(lookEveryMs)
  } catch (error) {
    onError(error as Error)
  }
}

/** The last one first: who calls others before those who are called. */
async function closeAll(started: readonly Started[], clients: Clients): Promise<void> {
  for (const { server, service } of started.toReversed()) {
    await server.close()
    await service.close()
  }
  await clients.close()
}
