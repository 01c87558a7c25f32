import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure } from '../../base/errors/errors.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { watchDatabase } from '../shared/http/health.ts'
import { startChat } from './chat/service.ts'
import { serveGateway } from './gateway/server.ts'
import { startImageService } from './image/service.ts'
import { findPendingWork, isDone } from './pending.ts'
import { startPostService } from './post/service.ts'
import { startRelayService, type RelayWay } from './relay.ts'
import type { OnCall } from './rpc/client.ts'
import { createHealth, type Health } from './rpc/health.ts'
import { startHealthServer, startRpcServer, type RpcPlace, type RpcServer } from './rpc/server.ts'
import { readTls, type TlsOptions } from './rpc/tls.ts'
import { loopback, replicaOptions } from './rpc/transport.ts'
import { startSaga } from './saga/index.ts'
import {
  createClients,
  serviceNames,
  type RunningService,
  type ServiceName,
  type ServiceContext,
  type Ways,
} from './services.ts'
import { startUserService } from './user/service.ts'

/** The parts beside the gateway, and the gateway. */
type PartName = ServiceName | 'gateway'

/** Which parts run in this process, and where those are that do not. */
export interface ServeOptions extends TlsOptions {
  /** `all` by itself, or some of them. */
  readonly service: readonly (PartName | 'all')[]
  /** The address at which services in processes of their own listen; 127.0.0.1 unless given. */
  readonly serviceHost?: string
  /** The port of the first of `serviceNames` in a process of its own; each has the next one. */
  readonly servicePort: number
  /** Where callers find services, `chat=HOST:PORT`; those that are not named are on this machine, on the ports above. */
  readonly serviceAddresses?: readonly string[] | undefined
  /** The port of a health check alone, which nobody needs a certificate for; none unless given. */
  readonly serviceHealthPort?: number | undefined
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

/**
 * Starts all parts, or some. Throws `service-secret-missing`, `service-tls-unusable`, `port-in-use` or `host-unusable`.
 */
export async function serveMeetups(services: Services, options: ServeOptions): Promise<RunningServer> {
  const isWhole = options.service.includes('all')
  const names = serviceNames.filter((name) => isWhole || options.service.includes(name))
  const network = isWhole ? createLoopback(options) : await joinNetwork(services, options, names)
  const parts = await startParts(services, options, names, network)
  try {
    if (!isWhole && !options.service.includes('gateway')) return withoutGateway(parts)
    const openClients = (onCall: OnCall) => createClients(network.ways, { onCall, onError: services.onError })
    const gateway = await serveGateway({ ...services, openClients })
    return {
      ...gateway,
      ...(!isWhole && { parts: parts.descriptions }),
      async close() {
        parts.health.end()
        await gateway.close()
        if (isWhole) await drain(services)
        await parts.close()
      },
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

function withoutGateway({ origins, descriptions, close }: Parts): RunningServer {
  return {
    origin: origins[0] as string,
    isInternal: true,
    parts: descriptions,
    // Its clients connect again by themselves, so that nothing would be seen of it.
    dropConnections: async () => 0,
    close,
  }
}

/** How the parts of this process are reached, and reach others. */
interface Network {
  readonly ways: Ways
  /** Servers of this process, by what they serve. */
  readonly servers: Map<ServiceName, RpcServer>
  readonly scheme: 'http' | 'https'
  placeOf(name: ServiceName): Omit<RpcPlace, 'health'>
}

/** All parts in one process: nothing of what they say leaves it. */
function createLoopback({ serviceSecret }: ServeOptions): Network {
  const secret = serviceSecret ?? randomBytes(32).toString('base64url')
  const servers = new Map<ServiceName, RpcServer>()
  return {
    ways: {
      addressOf: (name) => servers.get(name)?.address ?? `${loopback}:0`,
      secret,
      serverHere: (name) => servers.get(name),
    },
    servers,
    scheme: 'http',
    placeOf: () => ({ host: loopback, port: 0, secret }),
  }
}

async function joinNetwork(
  { shutdownTimeout }: Services,
  options: ServeOptions,
  names: readonly ServiceName[],
): Promise<Network> {
  const { service, serviceSecret: secret, serviceHost: host = loopback, servicePort, serviceAddresses } = options
  if (secret === undefined) throw failure('service-secret-missing', { service: service.join(', ') })
  const { server, client } = await readTls(options, names.length > 0)
  const portOf = (name: ServiceName) => servicePort + serviceNames.indexOf(name)
  const given = new Map(serviceAddresses?.map((entry) => entry.split('=') as [string, string]))
  const servers = new Map<ServiceName, RpcServer>()
  return {
    ways: {
      addressOf: (name) => given.get(name) ?? `${loopback}:${portOf(name)}`,
      secret,
      tls: client,
      serverHere: (name) => servers.get(name),
    },
    servers,
    scheme: server ? 'https' : 'http',
    placeOf: (name) => ({
      host,
      port: portOf(name),
      secret,
      credentials: server,
      graceMs: shutdownTimeout,
      options: replicaOptions,
    }),
  }
}

/** The parts of this process beside the gateway. */
interface Parts {
  readonly health: Health
  /** Where each listens. */
  readonly origins: readonly string[]
  /** Each with its address, for people. */
  readonly descriptions: readonly string[]
  /** Finishes what is under way. */
  close(): Promise<void>
}

async function startParts(
  services: Services,
  options: ServeOptions,
  names: readonly ServiceName[],
  { ways, servers, scheme, placeOf }: Network,
): Promise<Parts> {
  const { onError } = services
  const health = createHealth(watchDatabase(services))
  const clients = createClients(ways, { onError })
  const closers: (() => Promise<void>)[] = [() => clients.close()]
  const close = async () => {
    health.end()
    // The last one first: who calls others before those who are called.
    for (const closeOne of closers.splice(0).toReversed()) await closeOne()
  }
  const { serviceHealthPort: healthPort, serviceHost: host = loopback } = options
  const origins: string[] = []
  try {
    if (healthPort !== undefined) {
      const server = await startHealthServer(health, { host, port: healthPort })
      closers.push(server.close)
    }
    for (const name of names) {
      const service = await starters[name]({ ...services, clients }, options)
      closers.push(() => service.close())
      const server = await startRpcServer(service.contracts, { ...placeOf(name), health }, onError)
      closers.push(() => server.close())
      servers.set(name, server)
      origins.push(`${scheme}://${server.address}`)
    }
  } catch (error) {
    await close()
    throw error
  }
  const descriptions = names.map((name) => `${name} on ${servers.get(name)?.address}`)
  return { health, origins, descriptions, close }
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
