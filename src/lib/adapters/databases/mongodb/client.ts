import type { ClientSession, Db, Document, MongoClient, TransactionOptions as MongoTransaction } from 'mongodb'
import { ignoreFailure } from '../../../base/abort.ts'
import { failure } from '../../../base/errors/errors.ts'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type {
  ClientConnection,
  ClientOptions,
  DatabaseClient,
  DatabaseRequest,
  DatabaseResult,
  IsolationLevel,
  TransactionOptions,
} from '../../../ports/database-client.ts'
import { createClientOf } from '../open-connections.ts'
import { lostConnection } from '../statement-errors.ts'
import { findFault, toStatementError } from './client-errors.ts'
import { createClient } from './connection.ts'
import { translateMongoError } from './errors.ts'
import { readMongoUrl } from './url.ts'

/** Connections of the driver's pool: as many as there are commands under way, which the load bounds. */
const unlimited = 0

/**
 * Opens the way of a measured load to MongoDB, and asks whether the server has transactions. All connections of it are
 * turns on the driver's own pool: each command takes one of its sockets, and a transaction goes by its number.
 */
export async function openMongoClient(url: string, { readOnly }: ClientOptions): Promise<DatabaseClient> {
  const server = readMongoUrl(url)
  if (readOnly) throw failure('read-only-unsupported', { url: server.shown, engine: 'MongoDB' })
  const client = createClient(url, server, unlimited)
  // Without answers nobody could tell how long a write took.
  if (client.writeConcern?.w === 0) {
    throw failure('database-not-ours', { url: server.shown, reason: 'w=0 leaves every write unanswered' })
  }
  const db = client.db(server.database)
  try {
    const { setName, msg } = await db.command({ hello: 1 })
    // A single server has none; a replica set and mongos do.
    const transactions = setName !== undefined || msg === 'isdbgrid'
    const open = async () => new MongoClientConnection(client, db, transactions)
    const turns = createClientOf({ url: server.shown, engine: 'mongodb', transactions, open })
    return {
      ...turns,
      async [Symbol.asyncDispose]() {
        await turns[Symbol.asyncDispose]()
        await client.close()
      },
    }
  } catch (error) {
    await client.close()
    throw translateMongoError(error, server.shown)
  }
}

/** The reads of a transaction, by its level; its writes wait for a majority, as ours do. */
const readConcerns: Readonly<Partial<Record<IsolationLevel, 'local' | 'majority' | 'snapshot'>>> = {
  'read-uncommitted': 'local',
  'read-committed': 'majority',
  'repeatable-read': 'snapshot',
}
const durable = { w: 'majority', j: true } as const

/** Commands that wait for as many servers as they are told to. */
const writes: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify', 'findandmodify'])

class MongoClientConnection implements ClientConnection {
  readonly #client: MongoClient
  readonly #db: Db
  readonly #transactions: boolean
  readonly #closing = new AbortController()
  #session: ClientSession | null = null
  #isUsable = true

  constructor(client: MongoClient, db: Db, transactions: boolean) {
    this.#client = client
    this.#db = db
    this.#transactions = transactions
  }

  get isUsable(): boolean {
    return this.#isUsable
  }

  async run(request: DatabaseRequest): Promise<DatabaseResult> {
    if (!('command' in request) || Array.isArray(request.command)) {
      throw new StatementError('refused', 'no command', 'MongoDB takes commands: a document')
    }
    const command = request.command as Document
    const [name = ''] = Object.keys(command)
    const session = this.#session
    const isAlone = session === null && writes.has(name) && command['writeConcern'] === undefined
    const asked = isAlone ? { ...command, writeConcern: this.#client.writeConcern ?? durable } : command
    const { signal } = this.#closing
    const reply = await this.#ask(() => this.#db.command(asked, { signal, ...(session && { session }) }))
    const fault = findFault(reply)
    if (fault) throw fault
    const affected = writes.has(name)
      ? Number(reply['n'] ?? (reply['lastErrorObject'] as Document | undefined)?.['n'])
      : 0
    return { rows: [], affected: affected || 0, reply }
  }

  async begin({ isolation = 'repeatable-read', readOnly }: TransactionOptions): Promise<void> {
    if (!this.#transactions) {
      throw new StatementError('refused', 'no transactions', 'this server has no transactions: a replica set has')
    }
    const level = readConcerns[isolation]
    if (level === undefined || readOnly) {
      const what = readOnly ? 'read only' : isolation
      throw new StatementError('refused', 'no such transaction', `MongoDB has no transactions that are ${what}`)
    }
    const options: MongoTransaction = { readConcern: { level }, writeConcern: this.#client.writeConcern ?? durable }
    await this.#ask(async () => {
      const session = this.#client.startSession()
      session.startTransaction(options)
      this.#session = session
    })
  }

  async commit(): Promise<void> {
    // The driver asks once more where the answer is lost; the server commits a transaction by its number, once.
    await this.#end((session) => session.commitTransaction())
  }

  async rollback(): Promise<void> {
    await this.#end((session) => session.abortTransaction())
  }

  close(): void {
    this.#isUsable = false
    this.#closing.abort(lostConnection(null))
    const session = this.#session
    this.#session = null
    if (session) void ignoreFailure(session.endSession())
  }

  async #end(work: (session: ClientSession) => Promise<void>): Promise<void> {
    const session = this.#session
    this.#session = null
    if (!session) throw new StatementError('refused', 'no transaction', 'no transaction was begun')
    try {
      await this.#ask(() => work(session))
    } finally {
      await ignoreFailure(session.endSession())
    }
  }

  async #ask<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#isUsable) throw lostConnection(null)
    try {
      return await work()
    } catch (error) {
      const told = toStatementError(error)
      if (told.kind === 'lost') this.#isUsable = false
      throw told
    }
  }
}
