import type { Services } from '../../ports/workload.ts'
import { connectRpc, type CallListeners, type RpcClient } from './rpc/client.ts'
import type { ContractName, Contracts } from './rpc/contracts.ts'
import type { RpcServer, ServedContract } from './rpc/server.ts'
import type { ClientTls } from './rpc/tls.ts'

/** The parts beside the gateway, in the order of their ports, from the setting `servicePort` on. */
export const serviceNames = ['user', 'post', 'chat', 'image', 'saga', 'relay'] as const

export type ServiceName = (typeof serviceNames)[number]

/** Which part serves a contract. */
const servers = {
  UserService: 'user',
  PostService: 'post',
  ChatService: 'chat',
  ImageService: 'image',
  SagaService: 'saga',
} as const satisfies Partial<Record<ContractName, ServiceName>>

type ServedName = keyof typeof servers

export interface Clients {
  /** Connects when it is first used. Which process it is in, and whether it is there, shows when it is called. */
  get<Name extends ServedName>(name: Name): Promise<Contracts[Name]>
  close(): Promise<void>
}

export interface ServiceContext extends Pick<
  Services,
  'database' | 'openCache' | 'openBroker' | 'openPubSub' | 'onError'
> {
  readonly clients: Clients
}

export interface RunningService {
  /** The contracts that others can call. */
  readonly contracts: readonly ServedContract[]
  /** Finishes what is under way. Its calls have ended by then; the clients have not. */
  close(): Promise<void>
}

export type StartService = (context: ServiceContext) => Promise<RunningService>

/** Addresses of services, and what their callers show them. */
export interface Ways {
  /** `host:port`; called when a service is first used. */
  readonly addressOf: (service: ServiceName) => string
  readonly secret: string
  readonly tls?: ClientTls | undefined
  /** Services in this process, which are called without a connection. */
  readonly serverHere?: (service: ServiceName) => RpcServer | undefined
}

/** Connects to services. */
export function createClients({ addressOf, serverHere, ...shown }: Ways, listeners: CallListeners = {}): Clients {
  const opened = new Map<ServedName, Promise<RpcClient<ServedName>>>()
  return {
    async get<Name extends ServedName>(name: Name) {
      const service = servers[name]
      const findDirect = (path: string) => serverHere?.(service)?.direct(path) ?? null
      const destination = () => ({ ...shown, part: service, address: addressOf(service) })
      const client = opened.get(name) ?? connectRpc(name, destination(), listeners, findDirect)
      opened.set(name, client)
      return (await client).api as Contracts[Name]
    },
    async close() {
      for (const client of opened.values()) (await client).close()
    },
  }
}
