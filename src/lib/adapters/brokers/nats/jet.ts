import {
  jetstream,
  JetStreamApiError,
  jetstreamManager,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { connect, InvalidArgumentError, type NatsConnection, headers, type MsgHdrs } from '@nats-io/transport-node'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { readBrokerUrl, type BrokerUrl } from '../url.ts'
import type { Message } from '../../../ports/broker.ts'

const defaultPort = 4222

/** How long the server may take to respond, ms. */
export const responseTimeoutMs = 5000

/** A connection to a JetStream server, which goes on by itself after the server was away. */
export interface Jet {
  /** Has no password. */
  readonly url: string
  readonly connection: NatsConnection
  readonly client: JetStreamClient
  readonly manager: JetStreamManager
  /** Aborted when the connection that there is now is lost; another one when there is a connection again. */
  link(): AbortSignal
  /** The stream that keeps `topic`; null when none does. Throws `broker-unreachable`. */
  findStream(topic: string): Promise<string | null>
  /** The stream that keeps `topic`: somebody else's as it is, else one of our own. Throws `broker-unreachable`. */
  streamOf(topic: string): Promise<string>
  /** Looks for the stream anew the next time: somebody has deleted it, or the server has lost it. */
  forget(topic: string): void
  /** An error of the client as one of ours; `what` is what the server may have refused. */
  translate(error: unknown, what: string): RushbenchError
}

/** Connects. Throws `broker-unreachable`. */
export async function openJet(url: string): Promise<Jet> {
  const place = readBrokerUrl(url, defaultPort)
  const connection = await connectTo(place)
  let link = new AbortController()
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' || type === 'close') link.abort()
      if (type === 'reconnect') link = new AbortController()
    }
  })()
  const options = { timeout: responseTimeoutMs, checkAPI: false }
  const manager = await jetstreamManager(connection, options)
  const streams = new Map<string, string>()

  async function findStream(topic: string): Promise<string | null> {
    // The client would keep the request until the server is back, long after nobody waits for it.
    if (link.signal.aborted) throw failure('broker-unreachable', { url: place.shown, reason: 'the connection is lost' })
    const known = streams.get(topic)
    if (known !== undefined) return known
    const [found] = await manager.streams.names(topic).next()
    if (found !== undefined) streams.set(topic, found)
    return found ?? null
  }

  return {
    url: place.shown,
    connection,
    client: jetstream(connection, options),
    manager,
    link: () => link.signal,
    findStream,
    streamOf: async (topic) => (await findStream(topic)) ?? makeStream(manager, topic),
    forget: (topic) => void streams.delete(topic),
    translate: (error, what) => translateNatsError(error, place.shown, what),
  }
}

async function connectTo({ shown, host, port, user, password }: BrokerUrl): Promise<NatsConnection> {
  try {
    return await connect({
      servers: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      name: 'rushbench',
      ...(password === '' ? user !== '' && { token: user } : { user, pass: password }),
      timeout: responseTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      // Giving up would be for good, also where a server that was restarted learns of its users a moment later.
      ignoreAuthErrorAbort: true,
      // So that a server that hangs is noticed as one that is gone is.
      pingInterval: 2000,
      maxPingOut: 2,
    })
  } catch (error) {
    throw failure('broker-unreachable', { url: shown, reason: reasonOf(error) }, error)
  }
}

/** Made by two at once, it is made once: what they ask for is the same. */
async function makeStream(manager: JetStreamManager, topic: string): Promise<string> {
  const { config } = await manager.streams.add({ name: topic, subjects: [topic], storage: StorageType.File })
  return config.name
}

function translateNatsError(error: unknown, url: string, what: string): RushbenchError {
  if (error instanceof RushbenchError) return error
  const reason = reasonOf(error)
  // From 500 on, it is the server that cannot, for the moment at least.
  const refused = error instanceof InvalidArgumentError || (error instanceof JetStreamApiError && error.status < 500)
  return refused
    ? failure('broker-refused', { url, what, reason }, error)
    : failure('broker-unreachable', { url, reason }, error)
}

/** Has a message's key, percent-encoded: a header is a line of text without spaces at its ends, a key may be any text. */
const keyHeader = 'Rushbench-Key'

/** The headers of a message with this key; none for an empty one. */
export function headersOf(key: string): { headers?: MsgHdrs } {
  if (key === '') return {}
  const named = headers()
  named.set(keyHeader, encodeURIComponent(key.toWellFormed()))
  return { headers: named }
}

/** A message of the server as one of ours; its key is empty when somebody else published it. */
export function messageOf(stored: { readonly headers?: MsgHdrs | undefined; readonly data: Uint8Array }): Message {
  const { data } = stored
  return {
    key: decodeKey(stored.headers?.get(keyHeader) ?? ''),
    value: Buffer.from(data.buffer, data.byteOffset, data.length),
  }
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}
