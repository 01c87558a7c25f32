import type { Socket } from 'node:net'
import { StatementError } from '../../../base/errors/statement-error.ts'
import { reasonOf } from '../../../base/errors/errors.ts'
import type {
  ClientConnection,
  DatabaseRequest,
  DatabaseResult,
  IsolationLevel,
  Row,
  SqlStatement,
  StatementProtocol,
  TransactionOptions,
} from '../../../ports/database-client.ts'
import { Wire } from '../wire.ts'
import { lostConnection } from '../statement-errors.ts'
import { readMysqlError, toStatementError } from './client-errors.ts'
import { isSame, lengthAt, lengthBytesAt, readBinaryRow, readColumn, readTextRow, type MysqlColumn } from './columns.ts'
import { CommandWriter, headerBytes, longestPacket } from './command-writer.ts'
import { splitAtPlaceholders, writeInto } from './placeholders.ts'

/** A statement of this connection. */
interface KnownStatement {
  /** Null where it has not been prepared. */
  id: number | null
  parameters: number
  /** It cannot be prepared, or is not to be: its pieces between its values. */
  pieces: readonly string[] | null
  readonly columns: MysqlColumn[]
}

/** How a session was opened. */
export interface SessionFacts {
  readonly protocol: StatementProtocol
  readonly isMariadb: boolean
  /** Client and server have agreed on query attributes. */
  readonly countsParameters: boolean
}

const mostStatements = 500
/** MySQL's word for statements that only go as text. */
const unpreparable = '1295 '

const [okPacket, filePacket, endPacket, errorPacket] = [0x00, 0xfb, 0xfe, 0xff]
/** An EOF packet is shorter than any row that begins as it does. */
const endBytes = 9
const moreResults = 0x0008
const quit = Buffer.from([1, 0, 0, 0, 1])

const noRows: readonly Row[] = []
const ownLevel: IsolationLevel = 'repeatable-read'

type Reading = 'answer' | 'prepared' | 'skip' | 'columns' | 'end of columns' | 'rows'

/**
 * A session on the server, below mysql2: each statement is one write, and of the answer only the rows are read that it
 * has. A statement of ours costs seven tenths of what mysql2's own costs (docs/figures.md).
 */
export class MysqlClientConnection implements ClientConnection {
  readonly #wire: Wire<DatabaseResult>
  readonly #session: SessionFacts
  readonly #writer: CommandWriter
  readonly #statements = new Map<string, KnownStatement>()
  /** Parts of a payload that is longer than a packet. */
  #parts: Buffer[] | null = null
  #reading: Reading = 'answer'
  #statement: KnownStatement | null = null
  #isBinary = false
  #columns: MysqlColumn[] = []
  /** Columns that are still to come, or packets that are skipped. */
  #awaited = 0
  #columnCount = 0
  #rows: Row[] | null = null
  #affected = 0
  /** Why a statement that the server took comes to nothing. */
  #refusal: StatementError | null = null
  #level: IsolationLevel = ownLevel
  #inTransaction = false
  /** The error after which the server has rolled back. */
  #rolledBack: StatementError | null = null

  constructor(socket: Socket, session: SessionFacts) {
    this.#session = session
    this.#writer = new CommandWriter(session.countsParameters)
    this.#wire = new Wire(socket, {
      readMessages: (bytes, start, end) => this.#readPackets(bytes, start, end),
      lost: lostConnection,
      farewell: quit,
    })
  }

  get isUsable(): boolean {
    return this.#wire.isUsable
  }

  run(request: DatabaseRequest): Promise<DatabaseResult> {
    if (!('sql' in request)) {
      return Promise.reject(new StatementError('refused', 'no command', 'MySQL takes SQL, and no commands'))
    }
    // What followed would commit by itself.
    if (this.#rolledBack) return Promise.reject(this.#rolledBack)
    const statement = this.#know(request.sql)
    if (statement.pieces) return this.#runText(request, statement, statement.pieces)
    if (statement.id === null) return this.#prepareAndRun(request, statement)
    return this.#execute(request, statement, statement.id)
  }

  async begin({ isolation = ownLevel, readOnly }: TransactionOptions): Promise<void> {
    if (isolation !== this.#level) {
      await this.#order(`set session transaction isolation level ${isolation.replace('-', ' ')}`)
      this.#level = isolation
    }
    await this.#order(readOnly ? 'start transaction read only' : 'start transaction')
    this.#inTransaction = true
  }

  async commit(): Promise<void> {
    if (this.#rolledBack) throw this.#rolledBack
    await this.#order('commit')
    this.#inTransaction = false
  }

  async rollback(): Promise<void> {
    this.#rolledBack = null
    await this.#order('rollback')
    this.#inTransaction = false
  }

  close(): void {
    this.#wire.close()
  }

  #order(sql: string): Promise<DatabaseResult> {
    return this.#ask('answer', null, false, () => this.#writer.query(sql))
  }

  #runText(request: SqlStatement, statement: KnownStatement, pieces: readonly string[]): Promise<DatabaseResult> {
    return this.#ask('answer', statement, false, () => this.#writer.query(writeInto(pieces, request.parameters ?? [])))
  }

  #execute({ parameters = [] }: SqlStatement, statement: KnownStatement, id: number): Promise<DatabaseResult> {
    if (parameters.length !== statement.parameters) {
      const told = `the statement has ${statement.parameters} placeholders, and was given ${parameters.length} values`
      return Promise.reject(new StatementError('refused', '1210 ER_WRONG_ARGUMENTS', told))
    }
    return this.#ask('answer', statement, true, () => this.#writer.execute(id, parameters))
  }

  async #prepareAndRun(request: SqlStatement, statement: KnownStatement): Promise<DatabaseResult> {
    try {
      await this.#ask('prepared', statement, true, () => this.#writer.prepare(request.sql))
    } catch (error) {
      const isText = error instanceof StatementError && error.code.startsWith(unpreparable)
      if (!isText || (request.parameters ?? []).length > 0) throw error
      statement.pieces = [request.sql]
      return this.#runText(request, statement, statement.pieces)
    }
    return this.#execute(request, statement, statement.id ?? 0)
  }

  #know(sql: string): KnownStatement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      if (this.#statements.size >= mostStatements) this.#forgetOldest()
      const pieces = this.#session.protocol === 'text' ? splitAtPlaceholders(sql) : null
      statement = { id: null, parameters: 0, pieces, columns: [] }
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #forgetOldest(): void {
    for (const [sql, { id }] of this.#statements) {
      this.#statements.delete(sql)
      // Goes out with what is asked next.
      if (id !== null) this.#writer.closeStatement(id)
      return
    }
  }

  #ask(
    reading: Reading,
    statement: KnownStatement | null,
    isBinary: boolean,
    write: () => void,
  ): Promise<DatabaseResult> {
    if (this.#wire.isBusy) return Promise.reject(new StatementError('refused', 'busy', 'a statement is under way'))
    try {
      write()
    } catch (error) {
      const code = error instanceof RangeError ? '1153 ER_NET_PACKET_TOO_LARGE' : 'not a statement'
      return Promise.reject(new StatementError('refused', code, reasonOf(error), error))
    }
    this.#reading = reading
    this.#statement = statement
    this.#isBinary = isBinary
    this.#rows = null
    this.#affected = 0
    return this.#wire.ask(this.#writer.take())
  }

  #readPackets(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (end - at >= headerBytes) {
      const length = bytes.readUIntLE(at, 3)
      const body = at + headerBytes
      const next = body + length
      if (next > end) break
      if (length === longestPacket || this.#parts !== null) {
        this.#readPart(bytes.subarray(body, next))
      } else {
        this.#readPacket(bytes, body, next)
      }
      at = next
    }
    return at
  }

  #readPart(part: Buffer): void {
    const parts = (this.#parts ??= [])
    parts.push(Buffer.from(part))
    if (part.length === longestPacket) return
    this.#parts = null
    const whole = Buffer.concat(parts)
    this.#readPacket(whole, 0, whole.length)
  }

  #readPacket(bytes: Buffer, at: number, end: number): void {
    switch (this.#reading) {
      case 'rows':
        this.#readRow(bytes, at, end)
        return
      case 'columns':
        this.#readColumn(bytes, at, end)
        return
      case 'end of columns':
        this.#reading = 'rows'
        return
      case 'skip':
        if (--this.#awaited === 0) this.#finish()
        return
      case 'prepared':
        this.#readPrepared(bytes, at, end)
        return
      default:
        this.#readAnswer(bytes, at, end)
    }
  }

  #readAnswer(bytes: Buffer, at: number, end: number): void {
    const first = bytes[at]
    if (first === errorPacket) {
      this.#fail(bytes, at, end)
    } else if (first === okPacket) {
      this.#affected += lengthAt(bytes, at + 1)
      const afterRows = at + 1 + lengthBytesAt(bytes, at + 1)
      this.#endResult(bytes.readUInt16LE(afterRows + lengthBytesAt(bytes, afterRows)))
    } else if (first === filePacket) {
      // The server asks for the file of a LOAD DATA LOCAL: an empty one ends that.
      this.#refusal = new StatementError('refused', 'LOAD DATA LOCAL', 'a measured load sends no file')
      this.#wire.send(Buffer.from([0, 0, 0, (bytes[at - 1] as number) + 1]))
    } else {
      this.#columns = this.#statement?.columns ?? []
      this.#columnCount = lengthAt(bytes, at)
      this.#awaited = this.#columnCount
      this.#reading = 'columns'
    }
  }

  /** Behind it come definitions of parameters and of columns, each with an end. */
  #readPrepared(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] === errorPacket) {
      this.#fail(bytes, at, end)
      return
    }
    const [columns, parameters] = [bytes.readUInt16LE(at + 5), bytes.readUInt16LE(at + 7)]
    if (this.#statement) Object.assign(this.#statement, { id: bytes.readUInt32LE(at + 1), parameters })
    this.#awaited = columns + parameters + Number(columns > 0) + Number(parameters > 0)
    this.#reading = 'skip'
    if (this.#awaited === 0) this.#finish()
  }

  #readColumn(bytes: Buffer, at: number, end: number): void {
    const index = this.#columnCount - this.#awaited
    const known = this.#columns[index]
    if (known === undefined || !isSame(known, bytes, at, end)) this.#columns[index] = readColumn(bytes, at, end)
    if (--this.#awaited > 0) return
    this.#columns.length = this.#columnCount
    this.#reading = 'end of columns'
  }

  #readRow(bytes: Buffer, at: number, end: number): void {
    const first = bytes[at]
    if (first === endPacket && end - at < endBytes) {
      this.#endResult(bytes.readUInt16LE(at + 3))
    } else if (first === errorPacket) {
      this.#fail(bytes, at, end)
    } else {
      const read = this.#isBinary ? readBinaryRow : readTextRow
      ;(this.#rows ??= []).push(read(bytes, at, this.#columns))
    }
  }

  /** A procedure may give several results, one behind the other. */
  #endResult(status: number): void {
    if ((status & moreResults) === 0) this.#finish()
    else this.#reading = 'answer'
  }

  #finish(): void {
    const refusal = this.#refusal
    this.#refusal = null
    if (refusal) this.#wire.fail(refusal)
    else this.#wire.finish({ rows: this.#rows ?? noRows, affected: this.#affected })
  }

  #fail(bytes: Buffer, at: number, end: number): void {
    const { error, endsSession, endsTransaction } = toStatementError(
      readMysqlError(bytes, at, end),
      this.#session.isMariadb,
    )
    if (endsTransaction && this.#inTransaction) this.#rolledBack = error
    if (endsSession) this.#wire.breakOff(error)
    else this.#wire.fail(error)
  }
}
