import { setTimeout as sleep } from 'node:timers/promises'
import type { Parts, RunningServer } from '../workload.ts'
import { startChat } from './chat/index.ts'
import { serveGateway } from './gateway/server.ts'
import { startImageService } from './image/index.ts'
import { findLeft, isNothing } from './left.ts'
import { startPostService } from './post/service.ts'
import { startRelayService } from './relay/index.ts'
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
  type ServiceParts,
} from './services.ts'
import { startUserService } from './user/service.ts'

/** Which parts run in this process, and where those are that do not. */
export interface ServeOptions {
  /** All of them, unless one is named. */
  readonly service: ServiceName | 'gateway' | 'all'
  /** The port of the first of `serviceNames` in a process of its own; each has the next one. */
  readonly servicePort: number
  /** Where images are kept: `disk:PATH`. */
  readonly images: string
}

const diskPrefix = 'disk:'

/** How long all parts of one process go on when it closes, for what they have begun, ms. */
const drainMs = 4000
const lookEveryMs = 20

type Starter = (parts: ServiceParts, options: ServeOptions) => Promise<RunningService>

const starters: Readonly<Record<ServiceName, Starter>> = {
  user: startUserService,
  post: startPostService,
  chat: startChat,
  image: (parts, { images }) => startImageService(parts, images.slice(diskPrefix.length)),
  saga: startSaga,
  relay: startRelayService,
}

/** Starts all parts, or one. Throws `port-in-use` or `host-unusable`. */
export async function serveMeetups(parts: Parts, options: ServeOptions): Promise<RunningServer> {
  const { service, servicePort } = options
  const fixedPort = (name: ServiceName) => servicePort + serviceNames.indexOf(name)
  if (service === 'all') return serveAll(parts, options)
  if (service !== 'gateway') return serveOne(parts, service, options, fixedPort)
  return serveGateway({ ...parts, openClients: (onCall) => createClients(fixedPort, onCall) })
}

async function serveAll(parts: Parts, options: ServeOptions): Promise<RunningServer> {
  const servers = new Map<ServiceName, RpcServer>()
  const open = (onCall?: OnCall) =>
    createClients(
      (name) => servers.get(name)?.port ?? 0,
      onCall,
      (name) => servers.get(name),
    )
  const clients = open()
  const started: Started[] = []
  try {
    for (const name of serviceNames) {
      const one = await startOne({ ...parts, clients }, name, options, 0)
      started.push(one)
      servers.set(name, one.server)
    }
    const gateway = await serveGateway({ ...parts, openClients: open })
    return {
      ...gateway,
      async close() {
        await gateway.close()
        await drain(parts)
        await closeAll(started, clients)
      },
    }
  } catch (error) {
    await closeAll(started, clients)
    throw error
  }
}

async function serveOne(
  parts: Parts,
  name: ServiceName,
  options: ServeOptions,
  portOf: (name: ServiceName) => number,
): Promise<RunningServer> {
  const clients = createClients(portOf)
  const started = await startOne({ ...parts, clients }, name, options, portOf(name))
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

async function startOne(parts: ServiceParts, name: ServiceName, options: ServeOptions, port: number): Promise<Started> {
  const service = await starters[name](parts, options)
  try {
    return { service, server: await startRpcServer(service.contracts, port, parts.onError) }
  } catch (error) {
    await service.close()
    throw error
  }
}

/** Nobody asks for more: what was asked for comes to its end. What cannot is left to the next process. */
async function drain({ database, openBroker, onError }: Parts): Promise<void> {
  const until = performance.now() + drainMs
  try {
    const broker = await openBroker()
    while (!isNothing(await findLeft(database.store, broker)) && performance.now() < until) await sleep(lookEveryMs)
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
