import { once } from 'node:events'
import { connect, type ConnectionOptions } from 'node:tls'
import { ErrorReply } from 'redis'
import { failure } from '../../../base/errors/errors.ts'
import { isTlsFault, reasonOfTls, factsOf } from '../tls.ts'
import { connectRedisClient } from './client.ts'
import { definitionsKey } from './definition.ts'
import { codeOf, translateRedisError } from './errors.ts'
import type { Script } from './script.ts'
import { readRedisUrl } from './url.ts'
import type { ConnectionFacts } from '../../../ports/database-facts.ts'

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
  // Nobody can tell whether a command that waits for the server to come back is still wanted then.
  const client = await connectRedisClient(server, { longestPauseMs }).catch((error: unknown) => {
    throw translateConnecting(error, shown)
  })

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

/** Whatever breaks off a connection before it stands means that it cannot be had. */
function translateConnecting(error: unknown, url: string): unknown {
  if (error instanceof ErrorReply) return translateRedisError(error, url)
  const code = isTlsFault(error) ? 'encryption-refused' : 'database-unreachable'
  const reason = reasonOfTls(error)
  const isSilent = /^rediss:/i.test(url) && /timeout/i.test(reason)
  const told = isSilent ? `${reason}; a server that does not speak TLS answers nothing either` : reason
  return failure(code, { url, reason: told }, error)
}

/** Describes a connection to the server. The driver hides its socket, so that another one is opened to look at. */
export async function readConnectionFacts(url: string): Promise<ConnectionFacts> {
  const { socket, verification } = readRedisUrl(url)
  if (verification === null) return { transport: 'path' in socket ? 'unix socket' : 'tcp', encrypted: false }
  const { connectTimeout, ...options } = socket as ConnectionOptions & { connectTimeout: number }
  const probe = connect(options)
  try {
    await once(probe, 'secureConnect', { signal: AbortSignal.timeout(connectTimeout) })
    return factsOf(probe, verification)
  } catch {
    // The driver's own connection stands, encrypted as the URL asks for it.
    return { transport: 'tcp', encrypted: true, verified: verification }
  } finally {
    probe.destroy()
  }
}
