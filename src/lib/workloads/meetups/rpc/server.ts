import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerOptions,
  type ServiceDefinition,
  setLogVerbosity,
  type MethodDefinition,
  type sendUnaryData,
  type ServerInterceptor,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type UntypedHandleCall,
} from '@grpc/grpc-js'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { definitionOf, type ContractName, type Contracts, type HealthService } from './contracts.ts'
import { createDirectCalls, type DirectCall } from './direct.ts'
import { RpcError, toStatus } from './errors.ts'
import { createHealth, type Health } from './health.ts'
import { requireSecret, serverOptions } from './transport.ts'

/** One service of a server, and what carries its methods out. */
export interface ServedContract {
  readonly name: ContractName
  readonly methods: object
}

export interface RpcServer {
  readonly port: number
  /** `host:port` */
  readonly address: string
  /** Carries out the method with that path for a caller in this process; null where only a stream can, or it closes. */
  direct(path: string): DirectCall | null
  /** Takes no more calls, ends its streams, and finishes the others within some seconds. */
  close(): Promise<void>
}

const defaultGraceMs = 5000

type Methods = Readonly<Record<string, (request: unknown, signal: AbortSignal) => unknown>>

/** Says which methods a service has, so that TypeScript holds them against its contract. */
export function served<Name extends ContractName>(name: Name, methods: Contracts[Name]): ServedContract {
  return { name, methods }
}

/** Where a server listens, and for whom. */
export interface RpcPlace {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly secret: string
  /** Unencrypted unless given. */
  readonly credentials?: ServerCredentials | undefined
  /** Shared by all servers of the process; this one has its own unless given. */
  readonly health?: Health
  /** How long calls that are under way may still take when the server closes, ms. */
  readonly graceMs?: number | undefined
  readonly options?: ServerOptions
}

/**
 * Serves whoever has the secret; beside what is given, and for everybody, gRPC's own health check. `onError` is told of
 * what is thrown and is no `RpcError`. Throws `port-in-use` and `host-unusable`.
 */
export async function startRpcServer(
  contracts: readonly ServedContract[],
  { secret, health = createHealth(), graceMs = defaultGraceMs, options, ...place }: RpcPlace,
  onError: (error: Error) => void,
): Promise<RpcServer> {
  // What it would write to stderr is thrown as well.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({ ...serverOptions, ...options, interceptors: [dropLeft, requireSecret(secret)] })
  const closing = new AbortController()
  const directCalls = createDirectCalls(closing.signal, onError)
  for (const { name, methods } of [...contracts, served('Health', health.methods)]) {
    const definition = await definitionOf(name)
    health.add(serviceNamesOf(definition))
    const calls = Object.values(definition).map((method) => {
      const call = (methods as Methods)[method.originalName as string]!.bind(methods)
      directCalls.add(method, call)
      return [method.originalName, handlerOf(method, call, closing.signal, onError)] as const
    })
    server.addService(definition, Object.fromEntries(calls))
  }
  const port = await bind(server, place)
  return {
    port,
    address: addressOf(place.host, port),
    direct: directCalls.find,
    async close() {
      health.end()
      closing.abort()
      await Promise.all([shutDown(server, graceMs), directCalls.finish(graceMs)])
    },
  }
}

/** Serves the health check alone, unencrypted, as supervisors ask for it. Throws `port-in-use` and `host-unusable`. */
export async function startHealthServer(
  { methods }: Health,
  place: Pick<RpcPlace, 'host' | 'port'>,
): Promise<{ readonly close: () => Promise<void> }> {
  const server = new Server({ ...serverOptions, interceptors: [dropLeft] })
  const definition = await definitionOf('Health')
  const closing = new AbortController()
  const calls = Object.values(definition).map((method) => {
    const name = method.originalName as keyof HealthService
    return [name, handlerOf(method, methods[name] as Methods[string], closing.signal, () => {})] as const
  })
  server.addService(definition, Object.fromEntries(calls))
  await bind(server, { ...place, portSetting: '--service-health-port' })
  return {
    async close() {
      closing.abort()
      await shutDown(server, 0)
    },
  }
}

/** The name of a service as it is in the paths of its methods. */
function serviceNamesOf(definition: ServiceDefinition): string[] {
  return [...new Set(Object.values(definition).map(({ path }) => path.split('/')[1] as string))]
}

/**
 * Begins no call that was left before it was read: a call that is intercepted is not heard of any more once it is
 * cancelled. Without that, its method would be called, and a stream would go on for ever, told by nobody that it is over.
 */
const dropLeft: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call)

function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // It does not always hear that a connection has ended which was broken off at that moment.
    const timer = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function bind(
  server: Server,
  {
    host,
    port,
    credentials = ServerCredentials.createInsecure(),
    portSetting = '--service-port',
  }: Pick<RpcPlace, 'host' | 'port' | 'credentials'> & { readonly portSetting?: string },
): Promise<number> {
  const address = addressOf(host, port)
  try {
    return await promisify(server.bindAsync.bind(server))(address, credentials)
  } catch (error) {
    // It lists the error of each address of a name.
    const reason = reasonOf(error)
      .replace(/^[^[]*\[/, '')
      .replace(/\]$/, '')
    if (reason.includes('EADDRINUSE')) throw failure('port-in-use', { host, port, portSetting }, error)
    throw failure('host-unusable', { host: address, hostSetting: '--service-host', reason }, error)
  }
}

function handlerOf(
  method: Pick<MethodDefinition<object, object>, 'requestStream' | 'responseStream'>,
  call: Methods[string],
  closing: AbortSignal,
  onError: (error: Error) => void,
): UntypedHandleCall {
  const refuse = (error: unknown) => {
    if (!(error instanceof RpcError)) onError(error as Error)
    return toStatus(error)
  }
  if (method.responseStream) {
    return (stream: ServerWritableStream<object, object>) => {
      void giveAll(stream, (signal) => call(stream.request, signal) as AsyncIterable<object>, closing).catch(
        (error: unknown) => stream.emit('error', refuse(error)),
      )
    }
  }
  const respondOnce = (given: unknown, respond: sendUnaryData<object>) =>
    void Promise.resolve()
      .then(() => call(given, closing) as Promise<object>)
      .then(
        (value) => respond(null, value),
        (error: unknown) => respond(refuse(error)),
      )
  if (method.requestStream) {
    return (stream: ServerReadableStream<object, object>, respond: sendUnaryData<object>) => {
      // Else whoever reads it would wait for the rest for ever.
      stream.once('cancelled', () => stream.destroy(new RpcError('unavailable', 'It was broken off')))
      respondOnce(stream, respond)
    }
  }
  return ({ request }: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => respondOnce(request, respond)
}

/** Writes as fast as it is read, until the end, or nobody reads any more. */
async function giveAll(
  stream: ServerWritableStream<object, object>,
  open: (signal: AbortSignal) => AsyncIterable<object>,
  closing: AbortSignal,
): Promise<void> {
  const left = new AbortController()
  const leave = () => left.abort()
  stream.once('cancelled', leave)
  const signal = AbortSignal.any([left.signal, closing])
  try {
    for await (const item of open(signal)) {
      if (signal.aborted) break
      if (!stream.write(item)) await once(stream, 'drain', { signal })
    }
  } catch (error) {
    // The caller who ended it needs no response, and one that closes says that it is away.
    if (left.signal.aborted) return
    throw closing.aborted ? new RpcError('unavailable', 'The service is closing', error) : error
  }
  if (closing.aborted) throw new RpcError('unavailable', 'The service is closing')
  stream.end()
}
