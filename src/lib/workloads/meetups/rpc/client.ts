import { Client, credentials, type ClientReadableStream, type ClientWritableStream } from '@grpc/grpc-js'
import { once } from 'node:events'
import { onAbort } from '../../../base/abort.ts'
import { failure } from '../../../base/errors/errors.ts'
import { definitionOf, type ContractName, type Contracts } from './contracts.ts'
import type { DirectCall } from './direct.ts'
import { fromStatus, RpcError, whyUnanswered } from './errors.ts'
import { deadlineOf, serviceConfigOf } from './service-config.ts'
import type { ClientTls } from './tls.ts'
import { secretMetadata, channelOptions } from './transport.ts'

export interface RpcClient<Name extends ContractName> {
  /** Throws `RpcError`; without a response in time, `unavailable`. A stream throws when it is broken off. */
  readonly api: Contracts[Name]
  close(): void
}

/** Called with the service and the method of each call. */
export type OnCall = (service: ContractName, method: string) => void

/** The way to a method in this process, by its path; null where there is none. */
export type FindDirect = (path: string) => DirectCall | null

/** A service that is called, and what callers show it. */
export interface Destination {
  /** The part that serves it, for messages. */
  readonly part: string
  /** `host:port` */
  readonly address: string
  readonly secret: string
  /** Unencrypted unless given. */
  readonly tls?: ClientTls | undefined
}

/** Listeners of calls. */
export interface CallListeners {
  readonly onCall?: OnCall
  /** Called with the first call of an outage, `service-unreachable`. */
  readonly onError?: (error: Error) => void
}

type Definition = Awaited<ReturnType<typeof definitionOf>>[string]

/** Connects once it is called first, and again by itself whenever the service was away. */
export async function connectRpc<Name extends ContractName>(
  name: Name,
  destination: Destination,
  { onCall = () => {}, onError = () => {} }: CallListeners = {},
  findDirect: FindDirect = () => null,
): Promise<RpcClient<Name>> {
  const definition = await definitionOf(name)
  const { address, tls, secret } = destination
  const shown = tls?.(hostIn(address)) ?? { credentials: credentials.createInsecure() }
  const client = new Client(address, shown.credentials, {
    ...channelOptions,
    ...shown.options,
    'grpc.service_config': JSON.stringify(serviceConfigOf(Object.values(definition))),
  })
  const way = { client, secret, part: destination.part, failed: watchOutages(destination, onError) }
  const methods = Object.values(definition).map((method) => {
    const called = methodOf(way, method, findDirect)
    const count = (...given: Parameters<typeof called>) => {
      onCall(name, method.originalName as string)
      return called(...given)
    }
    return [method.originalName, count] as const
  })
  return { api: Object.assign({} as Contracts[Name], Object.fromEntries(methods)), close: () => client.close() }
}

/** The host of `host:port`, an IPv6 address without its brackets. */
function hostIn(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

interface Way {
  readonly client: Client
  readonly secret: string
  readonly part: string
  /** The error of a call as its caller gets it. */
  readonly failed: (error: unknown) => RpcError
}

/** Failures that follow each other within this time are one outage, which is told once, ms. */
const quietMs = 10_000

/** Tells of calls that were not answered with the address of the part; users learn its name alone. */
function watchOutages({ part, address }: Destination, onError: (error: Error) => void): Way['failed'] {
  let lastAt = -Infinity
  return (error) => {
    const reason = whyUnanswered(error)
    if (reason === null) return fromStatus(error)
    const now = performance.now()
    if (now - lastAt > quietMs) onError(failure('service-unreachable', { part, address, reason }, error))
    lastAt = now
    return unanswered(part, error)
  }
}

function unanswered(part: string, cause?: unknown): RpcError {
  return new RpcError('unavailable', `The ${part} service does not answer`, cause)
}

function methodOf(
  way: Way,
  method: Definition,
  findDirect: FindDirect,
): (request: object, signal?: AbortSignal) => unknown {
  if (method.responseStream) return (request, signal) => readAll(way, method, request, signal)
  if (method.requestStream) return (parts) => upload(way, method, parts as AsyncIterable<object>)
  return (request) => {
    const direct = findDirect(method.path)
    return direct ? callDirectly(way, direct, method, request) : callOver(way, method, request)
  }
}

async function callDirectly({ part }: Way, direct: DirectCall, method: Definition, request: object): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(unanswered(part)), (deadlineOf(method) ?? 0) * 1000)
  try {
    return method.responseDeserialize(await Promise.race([direct(method.requestSerialize(request)), late]))
  } finally {
    clearTimeout(timer)
  }
}

function callOver({ client, secret, failed }: Way, method: Definition, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => object,
      request,
      secretMetadata(secret),
      (error, response) => (error ? reject(failed(error)) : resolve(response)),
    )
  })
}

function upload({ client, secret, failed }: Way, method: Definition, parts: AsyncIterable<object>): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const stopped = new AbortController()
  let isBroken = false
  const stream = client.makeClientStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize as (bytes: Buffer) => object,
    secretMetadata(secret),
    (error, response) => {
      stopped.abort()
      if (!error) resolve(response)
      else if (!isBroken) reject(failed(error))
    },
  )
  // The service may respond before all parts have come, or their giver fail.
  void giveParts(stream, parts, stopped.signal).catch((error: unknown) => {
    isBroken = true
    reject(error)
    stream.cancel()
  })
  return promise
}

/** Writes all parts as fast as they are read, until `stopped`. Throws what their giver throws before. */
async function giveParts(
  stream: ClientWritableStream<object>,
  parts: AsyncIterable<object>,
  stopped: AbortSignal,
): Promise<void> {
  try {
    for await (const part of parts) {
      if (stopped.aborted) return
      if (!stream.write(part)) await once(stream, 'drain', { signal: stopped })
    }
    stream.end()
  } catch (error) {
    if (!stopped.aborted) throw error
  }
}

async function* readAll(
  { client, secret, failed }: Way,
  method: Definition,
  request: object,
  signal?: AbortSignal,
): AsyncGenerator<object> {
  if (signal?.aborted) return
  const stream: ClientReadableStream<object> = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize as (bytes: Buffer) => object,
    request,
    secretMetadata(secret),
  )
  const cancel = () => stream.cancel()
  const off = signal && onAbort(signal, cancel)
  try {
    for await (const item of stream) yield item as object
  } catch (error) {
    if (!signal?.aborted) throw failed(error)
  } finally {
    off?.()
    cancel()
  }
}
