import { createClient, ErrorReply } from 'redis'
import { failure } from '../../../base/errors/errors.ts'
import { isTlsFault, reasonOfTls } from '../tls.ts'
import { definitionsKey } from './definition.ts'
import { codeOf, translateRedisError } from './errors.ts'
import type { Script } from './script.ts'
import { readRedisUrl, type RedisUrl } from './url.ts'

/** One connection to one database of a server; what is sent before an answer came is in flight together. */
export interface RedisConnection {
  /** Without the password. */
  readonly url: string
  /** Sends one command and waits for its answer. What was sent when the connection broke off is not sent again. */
  command<Answer>(...words: readonly string[]): Promise<Answer>
  /** Runs a script, which need not be known to the server. */
  run<Answer>(script: Script, args: readonly (string | Buffer)[]): Promise<Answer>
  /** Another connection of the same kind. */
  open(): Promise<RedisConnection>
  close(): Promise<void>
}

/** Between two tries to connect again, at the most. */
const longestPauseMs = 1000

/** Connects, and makes sure that the server answers. */
export async function connectRedis(url: string): Promise<RedisConnection> {
  const server = readRedisUrl(url)
  const { shown } = server
  let connected = false
  const client = createQuietClient(server, () => connected)
  try {
    await client.connect()
    connected = true
  } catch (error) {
    client.destroy()
    throw translateConnecting(error, shown)
  }

  async function send<Answer>(words: readonly (string | Buffer)[]): Promise<Answer> {
    try {
      return (await client.sendCommand([...words])) as Answer
    } catch (error) {
      throw translateRedisError(error, shown)
    }
  }

  return {
    url: shown,
    command: (...words) => send(words),
    async run<Answer>(script: Script, args: readonly (string | Buffer)[]) {
      const rest = ['1', definitionsKey, ...args]
      try {
        return await send<Answer>(['EVALSHA', script.sha, ...rest])
      } catch (error) {
        // It did nothing: the server was started, or its scripts were flushed, since.
        if (codeOf(error) !== 'NOSCRIPT') throw error
        return send<Answer>(['EVAL', script.text, ...rest])
      }
    },
    open: () => connectRedis(url),
    async close() {
      if (client.isOpen && client.isReady) await client.close()
      else client.destroy()
    },
  }
}

function createQuietClient({ options, socket }: RedisUrl, isConnected: () => boolean) {
  const client = createClient({
    ...options,
    // Nobody can tell whether what waits for the server to come back is still wanted then.
    disableOfflineQueue: true,
    socket: {
      ...socket,
      // The first connection must hold; a lost one is tried again for as long as it is open.
      reconnectStrategy: (tries) => (isConnected() ? Math.min(50 * 2 ** tries, longestPauseMs) : false),
    },
  })
  // Errors of a lost connection reach the commands that were sent; without a listener they would end the process.
  client.on('error', () => {})
  return client
}

/** Whatever breaks off a connection before it stands means that it cannot be had. */
function translateConnecting(error: unknown, url: string): unknown {
  if (error instanceof ErrorReply) return translateRedisError(error, url)
  const code = isTlsFault(error) ? 'encryption-refused' : 'database-unreachable'
  const reason = reasonOfTls(error)
  const isSilent = /^rediss:/i.test(url) && /timeout/i.test(reason)
  const told = isSilent ? `${reason}; a server that does not speak TLS answers nothing either` : reason
  return failure(code, { url, reason: told }, error)
}
