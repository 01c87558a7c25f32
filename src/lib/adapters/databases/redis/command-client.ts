import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Socket } from 'node:net'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type {
  ClientConnection,
  ClientOptions,
  DatabaseClient,
  DatabaseRequest,
  DatabaseResult,
} from '../../../ports/database-client.ts'
import { createClientOf } from '../open-connections.ts'
import { createWireSocket, Wire } from '../wire.ts'
import { asNetworkError, lostConnection } from '../statement-errors.ts'
import { encodeCommand, ErrorReply, ReplyReader } from './protocol.ts'
import { readRedisUrl, type RedisUrl } from './url.ts'

/** Opens the way of a measured load to Redis: commands, each on the connection that sends it. */
export async function openRedisClient(url: string, { readOnly }: ClientOptions): Promise<DatabaseClient> {
  const server = readRedisUrl(url)
  if (readOnly) throw failure('read-only-unsupported', { url: server.shown, engine: 'Redis' })
  return createClientOf({
    url: server.shown,
    engine: 'redis',
    transactions: false,
    open: () => open(server),
  })
}

type SocketOptions = ConnectionOptions & { readonly tls?: boolean; readonly connectTimeout: number }

async function open(server: RedisUrl): Promise<RedisClientConnection> {
  const { tls = false, connectTimeout, ...options } = server.socket as SocketOptions
  const socket = tls ? connectTls(options) : createWireSocket().connect(options as { host: string; port: number })
  // A server that was stopped still takes connections.
  const timer = setTimeout(() => {
    const late = new Error(`it did not answer within ${connectTimeout} ms`)
    socket.destroy(Object.assign(late, { code: 'ETIMEDOUT' }))
  }, connectTimeout)
  try {
    await connected(socket.setNoDelay(true), tls ? 'secureConnect' : 'connect')
    const connection = new RedisClientConnection(socket)
    for (const command of greetings(server)) await connection.run({ command })
    return connection
  } catch (error) {
    socket.destroy()
    const reason = reasonOf(error)
    throw asNetworkError(error) ?? new StatementError('refused', 'not connected', reason, error)
  } finally {
    clearTimeout(timer)
  }
}

function connected(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.on('error', reject)
    socket.once('close', () => reject(lostConnection(null)))
  })
}

function greetings({ options: { username, password, database, name } }: RedisUrl): string[][] {
  return [
    ...(password === undefined ? [] : [['AUTH', ...(username === undefined ? [] : [username]), password]]),
    ...(database ? [['SELECT', String(database)]] : []),
    ...(name === undefined ? [] : [['CLIENT', 'SETNAME', name]]),
    ['PING'],
  ]
}

const quit = encodeCommand(['QUIT'])

/** One connection, in the second version of Redis's protocol. */
class RedisClientConnection implements ClientConnection {
  readonly #wire: Wire<DatabaseResult>
  readonly #reader = new ReplyReader()
  /** The answer to nothing, with which the server ends a connection: it takes no more of them. */
  #unasked: StatementError | null = null

  constructor(socket: Socket) {
    this.#wire = new Wire(socket, {
      readMessages: (bytes, start, end) => this.#readReplies(bytes, start, end),
      lost: (reason) => this.#unasked ?? lostConnection(reason),
      farewell: quit,
    })
  }

  get isUsable(): boolean {
    return this.#wire.isUsable
  }

  run(request: DatabaseRequest): Promise<DatabaseResult> {
    if (!('command' in request) || !Array.isArray(request.command) || request.command.length === 0) {
      return Promise.reject(new StatementError('refused', 'no command', 'Redis takes commands: a list of words'))
    }
    if (this.#wire.isBusy) return Promise.reject(new StatementError('refused', 'busy', 'a command is under way'))
    return this.#wire.ask(encodeCommand(request.command as readonly (string | number)[]))
  }

  begin(): Promise<void> {
    return Promise.reject(withoutTransactions())
  }

  commit(): Promise<void> {
    return Promise.reject(withoutTransactions())
  }

  rollback(): Promise<void> {
    return Promise.reject(withoutTransactions())
  }

  close(): void {
    this.#wire.close()
  }

  #readReplies(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end) {
      const reply = this.#reader.read(bytes, at, end)
      if (reply === undefined) break
      at = this.#reader.next
      this.#take(reply)
    }
    return at
  }

  #take(reply: unknown): void {
    if (!(reply instanceof ErrorReply)) {
      this.#wire.finish({ rows: [], affected: 0, reply })
      return
    }
    const error = toStatementError(reply)
    if (this.#wire.isBusy) this.#wire.fail(error)
    else this.#unasked = error
  }
}

function withoutTransactions(): StatementError {
  return new StatementError('refused', 'no transactions', 'Redis has no transactions that can be rolled back')
}

function toStatementError({ message }: ErrorReply): StatementError {
  const [code = 'ERR'] = /^[A-Z]+/.exec(message) ?? []
  const kind = /max number of clients/i.test(message) ? 'full' : code === 'TRYAGAIN' ? 'conflict' : 'refused'
  return new StatementError(kind, code, reasonOf(message))
}
