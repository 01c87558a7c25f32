import { Client, credentials, type ClientReadableStream, type ClientWritableStream } from '@grpc/grpc-js'
import { once } from 'node:events'
import { onAbort } from '../../../base/abort.ts'
import { definitionOf, type ContractName, type Contracts } from './contracts.ts'
import type { DirectCall } from './server.ts'
import { fromStatus, RpcError } from './errors.ts'
import { secretMetadata, channelOptions, loopback } from './transport.ts'

export interface RpcClient<Name extends ContractName> {
  /** Throws `RpcError`; without a response in time, `unavailable`. A stream throws when it is broken off. */
  readonly api: Contracts[Name]
  close(): void
}

/** Called with the service and the method of each call. */
export type OnCall = (service: ContractName, method: string) => void

/** How long a response may take, ms: whoever logs in may have to wait for many others; an upload has many parts. */
const deadlineMs = 5000
const loginDeadlineMs = 25_000
const uploadDeadlineMs = 30_000

/** The way to a method in this process, by its path; null where there is none. */
export type FindDirect = (path: string) => DirectCall | null

type Definition = Awaited<ReturnType<typeof definitionOf>>[string]

/** Connects once it is called first, and again by itself whenever the service was away. */
export async function connectRpc<Name extends ContractName>(
  name: Name,
  port: number,
  secret: string,
  onCall: OnCall,
  findDirect: FindDirect = () => null,
): Promise<RpcClient<Name>> {
  const definition = await definitionOf(name)
  const client = new Client(`${loopback}:${port}`, credentials.createInsecure(), channelOptions)
  const way = { client, secret }
  const methods = Object.values(definition).map((method) => {
    const called = methodOf(way, method, findDirect, name === 'UserService' ? loginDeadlineMs : deadlineMs)
    const count = (...given: Parameters<typeof called>) => {
      onCall(name, method.originalName as string)
      return called(...given)
    }
    return [method.originalName, count] as const
  })
  return { api: Object.assign({} as Contracts[Name], Object.fromEntries(methods)), close: () => client.close() }
}

interface Way {
  readonly client: Client
  readonly secret: string
}

function methodOf(
  way: Way,
  method: Definition,
  findDirect: FindDirect,
  withinMs: number,
): (request: object, signal?: AbortSignal) => unknown {
  if (method.responseStream) return (request, signal) => readAll(way, method, request, signal)
  if (method.requestStream) return (parts) => upload(way, method, parts as AsyncIterable<object>)
  return (request) => {
    const direct = findDirect(method.path)
    return direct ? callDirectly(direct, method, request, withinMs) : callOver(way, method, request, withinMs)
  }
}

async function callDirectly(
  direct: DirectCall,
  method: Definition,
  request: object,
  withinMs: number,
): Promise<unknown> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new RpcError('unavailable', 'A service does not answer')), withinMs)
  try {
    return method.responseDeserialize(await Promise.race([direct(method.requestSerialize(request)), late]))
  } finally {
    clearTimeout(timer)
  }
}

function callOver({ client, secret }: Way, method: Definition, request: object, withinMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize as (bytes: Buffer) => object,
      request,
      secretMetadata(secret),
      { deadline: Date.now() + withinMs },
      (error, response) => (error ? reject(fromStatus(error)) : resolve(response)),
    )
  })
}

function upload({ client, secret }: Way, method: Definition, parts: AsyncIterable<object>): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const stopped = new AbortController()
  const stream = client.makeClientStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize as (bytes: Buffer) => object,
    secretMetadata(secret),
    { deadline: Date.now() + uploadDeadlineMs },
    (error, response) => {
      stopped.abort()
      if (error) reject(fromStatus(error))
      else resolve(response)
    },
  )
  // The service may respond before all parts have come, or their giver fail.
  void giveParts(stream, parts, stopped.signal).catch((error: unknown) => {
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
  { client, secret }: Way,
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
    if (!signal?.aborted) throw fromStatus(error)
  } finally {
    off?.()
    cancel()
  }
}
