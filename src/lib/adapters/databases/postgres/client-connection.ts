import type { Socket } from 'node:net'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type {
  ClientConnection,
  DatabaseRequest,
  DatabaseResult,
  Row,
  SqlStatement,
  TransactionOptions,
} from '../../../ports/database-client.ts'
import { Wire } from '../wire.ts'
import { lostConnection } from '../statement-errors.ts'
import { readPostgresError, toStatementError, type PostgresServerError } from './client-errors.ts'
import { readColumns, readRow, type PostgresColumn } from './columns.ts'
import { encodeCopyFail, encodeQuery, MessageWriter, terminate } from './message-writer.ts'
import type { StatementNames } from './named-statement.ts'

/** A statement of this connection. */
interface KnownStatement {
  readonly sql: string
  /** Empty for one that is parsed each time. */
  readonly name: string
  isParsed: boolean
  /** Null where it has not been described. */
  columns: readonly PostgresColumn[] | null
  /** The description that the columns were read from. */
  description: Buffer | null
}

/** More texts than a load has; lists of all lengths would go on for ever. */
const mostStatements = 500

const headerBytes = 5
const none: readonly PostgresColumn[] = []
const noRows: readonly Row[] = []

/** Message types of answers. */
const [parseComplete, rowDescription, noData, dataRow, commandComplete, errorResponse, readyForQuery, copyInResponse] =
  [0x31, 0x54, 0x6e, 0x44, 0x43, 0x45, 0x5a, 0x47]

const copyFail = encodeCopyFail('a measured load sends no rows')
const [commitMessage, rollbackMessage] = [encodeQuery('commit'), encodeQuery('rollback')]
const beginMessages = new Map<string, Buffer>()

/**
 * A session on the server, below pg: each statement is one write, and of the answer only the rows are read that it has. A
 * statement of ours costs little more than half of what pg's own query does (docs/figures.md).
 */
export class PostgresClientConnection implements ClientConnection {
  readonly #wire: Wire<DatabaseResult>
  readonly #names: StatementNames | null
  readonly #writer = new MessageWriter()
  readonly #statements = new Map<string, KnownStatement>()
  #statement: KnownStatement | null = null
  #columns: readonly PostgresColumn[] = none
  #rows: Row[] | null = null
  #affected = 0
  #tag = ''
  #error: PostgresServerError | null = null

  /** Names are those that prepared statements get; null where each is parsed anew. */
  constructor(socket: Socket, names: StatementNames | null) {
    this.#names = names
    this.#wire = new Wire(socket, {
      readMessages: (bytes, start, end) => this.#readMessages(bytes, start, end),
      lost: lostConnection,
      farewell: terminate,
    })
  }

  get isUsable(): boolean {
    return this.#wire.isUsable
  }

  run(request: DatabaseRequest): Promise<DatabaseResult> {
    if (!('sql' in request)) {
      return Promise.reject(new StatementError('refused', 'no command', 'PostgreSQL takes SQL, and no commands'))
    }
    if (request.sql.includes('\0')) {
      return Promise.reject(new StatementError('refused', 'U+0000 in a statement', 'PostgreSQL takes no U+0000'))
    }
    return this.#ask(() => this.#encode(request))
  }

  async begin(options: TransactionOptions): Promise<void> {
    await this.#ask(() => beginMessage(options))
  }

  async commit(): Promise<void> {
    await this.#ask(() => commitMessage)
    // The server rolls back a transaction in which a statement failed, and answers that it did.
    if (this.#tag !== 'COMMIT') throw toStatementError(failedTransaction)
  }

  async rollback(): Promise<void> {
    await this.#ask(() => rollbackMessage)
  }

  close(): void {
    this.#wire.close()
  }

  #ask(encode: () => Buffer): Promise<DatabaseResult> {
    if (this.#wire.isBusy) return Promise.reject(new StatementError('refused', 'busy', 'a statement is under way'))
    this.#statement = null
    this.#columns = none
    this.#rows = null
    this.#affected = 0
    this.#error = null
    return this.#wire.ask(encode())
  }

  #encode({ sql, parameters = [] }: SqlStatement): Buffer {
    const writer = this.#writer
    const statement = this.#know(sql)
    const { name } = statement
    this.#statement = statement
    if (!statement.isParsed) writer.parse(name, sql)
    if (name !== '' && statement.columns === null) writer.describeStatement(name)
    writer.bind(name, parameters)
    if (name === '') writer.describePortal()
    else this.#columns = statement.columns ?? none
    writer.executeAndSync()
    return writer.take()
  }

  #know(sql: string): KnownStatement {
    const known = this.#statements.get(sql)
    if (known !== undefined && (known.name === '' || this.#names?.areGiven === true)) return known
    const isFull = this.#statements.size >= mostStatements
    const name = isFull ? '' : (this.#names?.nameOf(sql) ?? '')
    const statement = { sql, name, isParsed: false, columns: null, description: null }
    if (!isFull) this.#statements.set(sql, statement)
    return statement
  }

  #readMessages(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (end - at >= headerBytes) {
      const next = at + 1 + bytes.readInt32BE(at + 1)
      if (next > end) break
      this.#readMessage(bytes, bytes[at] as number, at + headerBytes, next)
      at = next
    }
    return at
  }

  #readMessage(bytes: Buffer, type: number, at: number, end: number): void {
    switch (type) {
      case dataRow:
        ;(this.#rows ??= []).push(readRow(bytes, at, this.#columns))
        return
      case commandComplete:
        this.#readTag(bytes, at, end)
        return
      case readyForQuery:
        this.#finish()
        return
      case rowDescription:
        this.#columns = describe(this.#statement, bytes, at, end)
        return
      case noData:
        if (this.#statement) this.#statement.columns = none
        return
      case parseComplete:
        if (this.#statement && this.#statement.name !== '') this.#statement.isParsed = true
        return
      case errorResponse:
        this.#fail(readPostgresError(bytes, at))
        return
      case copyInResponse:
        this.#wire.send(copyFail)
        return
      default:
      // Notices, settings, rows of a COPY, and that things went as they should.
    }
  }

  #readTag(bytes: Buffer, at: number, end: number): void {
    const tag = bytes.toString('latin1', at, end - 1)
    this.#tag = tag
    // Rows that were read are none that were changed.
    if (!tag.startsWith('SELECT') && !tag.startsWith('FETCH'))
      this.#affected += Number(tag.slice(tag.lastIndexOf(' ') + 1)) || 0
  }

  #finish(): void {
    const error = this.#error
    if (error === null) this.#wire.finish({ rows: this.#rows ?? noRows, affected: this.#affected })
    else this.#wire.fail(toStatementError(error))
  }

  #fail(error: PostgresServerError): void {
    this.#error = error
    if (error.isFatal) this.#wire.breakOff(toStatementError(error))
    if (this.#names?.note(error)) this.#statements.clear()
  }
}

/** The columns of an answer; read anew only where they are described otherwise than the last time. */
function describe(statement: KnownStatement | null, bytes: Buffer, at: number, end: number): readonly PostgresColumn[] {
  if (statement === null) return readColumns(bytes, at)
  if (statement.columns && statement.description?.compare(bytes, at, end) === 0) return statement.columns
  statement.description = Buffer.from(bytes.subarray(at, end))
  statement.columns = readColumns(bytes, at)
  return statement.columns
}

const failedTransaction: PostgresServerError = {
  code: '25P02',
  message: 'the transaction was rolled back, because a statement in it failed',
  isFatal: false,
}

function beginMessage({ isolation, readOnly }: TransactionOptions): Buffer {
  const level = isolation === undefined ? '' : ` isolation level ${isolation.replace('-', ' ')}`
  const sql = `begin${level}${readOnly ? ' read only' : ''}`
  let message = beginMessages.get(sql)
  if (message === undefined) {
    message = encodeQuery(sql)
    beginMessages.set(sql, message)
  }
  return message
}
