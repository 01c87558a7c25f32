import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
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
import { failure } from '../../../base/errors/errors.ts'
import { definitionOf, type ContractName, type Contracts } from './contracts.ts'
import { RpcError, toStatus, fromStatus } from './errors.ts'
import { requireSecret, loopback, serverOptions } from './transport.ts'
import { pause } from '../../../base/abort.ts'

/** One service of a server, and what carries its methods out. */
export interface ServedContract {
  readonly name: ContractName
  readonly methods: object
}

export interface RpcServer {
  readonly port: number
  /** Carries out the method with that path for a caller in this process; null where only a stream can, or it closes. */
  direct(path: string): DirectCall | null
  /** Takes no more calls, ends its streams, and finishes the others within some seconds. */
  close(): Promise<void>
}

/** How long calls that are under way may still take when the server closes, ms. */
const graceMs = 5000

type Methods = Readonly<Record<string, (request: unknown, signal: AbortSignal) => unknown>>

/** Says which methods a service has, so that TypeScript holds them against its contract. */
export function served<Name extends ContractName>(name: Name, methods: Contracts[Name]): ServedContract {
  return { name, methods }
}

/**
 * Serves whoever has the secret on a loopback port, 0 being any free one; beside what is given, and for everybody, gRPC's
 * own health check. `onError` is told of what is thrown and is no `RpcError`. Throws `port-in-use`.
 */
export async function startRpcServer(
  contracts: readonly ServedContract[],
  port: number,
  secret: string,
  onError: (error: Error) => void,
): Promise<RpcServer> {
  // What it would write to stderr is thrown as well.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({ ...serverOptions, interceptors: [dropLeft, requireSecret(secret)] })
  const closing = new AbortController()
  const directCalls = createDirectCalls(closing.signal, onError)
  const health = served('Health', { check: async () => ({ status: 'SERVING' }) })
  for (const { name, methods } of [...contracts, health]) {
    const definition = await definitionOf(name)
    const calls = Object.values(definition).map((method) => {
      const call = (methods as Methods)[method.originalName as string]!.bind(methods)
      directCalls.add(method, call)
      return [method.originalName, handlerOf(method, call, closing.signal, onError)] as const
    })
    server.addService(definition, Object.fromEntries(calls))
  }
  const bound = await bind(server, port)
  return {
    port: bound,
    direct: directCalls.find,
    async close() {
      closing.abort()
      await Promise.all([shutDown(server), directCalls.finish()])
    },
  }
}

/**
 * Begins no call that was left before it was read: a call that is intercepted is not heard of any more once it is
 * cancelled. Without that, its method would be called, and a stream would go on for ever, told by nobody that it is over.
 */
const dropLeft: ServerInterceptor = (_method, call) => new ServerInterceptingCall(call)

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${loopback}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(failure('port-in-use', { host: loopback, port, portSetting: '--service-port' }, error))
      else resolve(bound)
    })
  })
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

/** Takes a request and gives its response, both as the bytes that gRPC would send. Throws `RpcError`. */
export type DirectCall = (request: Buffer) => Promise<Buffer>

/**
 * The methods of a server, for callers in its own process: a call needs no connection there, which costs more than most
 * calls. It carries messages all the same, so that nothing is shared, and what is left out is empty as ever.
 */
interface DirectCalls {
  add(method: MethodDefinition<object, object>, call: (request: unknown, closing: AbortSignal) => unknown): void
  /** Null for a stream, which has a connection always, and once the server is closing. */
  find(this: void, path: string): DirectCall | null
  /** Waits for calls that are under way, `graceMs` at most. */
  finish(): Promise<void>
}

/** No methods. `onError` is told of what is thrown and is no `RpcError`. */
function createDirectCalls(closing: AbortSignal, onError: (error: Error) => void): DirectCalls {
  const calls = new Map<string, DirectCall>()
  const underWay = new Set<Promise<Buffer>>()
  return {
    add(method, call) {
      if (method.requestStream || method.responseStream) return
      const respond: DirectCall = async (request) => {
        try {
          return method.responseSerialize((await call(method.requestDeserialize(request), closing)) as object)
        } catch (error) {
          if (!(error instanceof RpcError)) onError(error as Error)
          throw fromStatus(toStatus(error))
        }
      }
      calls.set(method.path, (request) => {
        const response = respond(request)
        underWay.add(response)
        const forget = () => void underWay.delete(response)
        response.then(forget, forget)
        return response
      })
    },
    find: (path) => (closing.aborted ? null : (calls.get(path) ?? null)),
    async finish() {
      const over = new AbortController()
      const grace = pause(graceMs, over.signal)
      await Promise.race([Promise.allSettled(underWay), grace])
      over.abort()
    },
  }
}
