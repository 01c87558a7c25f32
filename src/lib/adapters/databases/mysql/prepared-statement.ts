import type { Connection } from 'mysql2'
import type { Value } from '../../../ports/database.ts'
import { CommandWriter, headerBytes } from './command-writer.ts'

/** The part of mysql2's connection that a command of our own needs, and that its types leave out. */
interface RawConnection {
  readonly clientEncoding: string
  readonly serverCapabilityFlags?: number
  readonly config: { readonly clientFlags: number }
  addCommand(command: Command): void
  write(bytes: Buffer): void
  _resetSequenceId(): void
  _bumpSequenceId(packets: number): void
}

interface Packet {
  /** The packet begins at `start` with its header. */
  readonly buffer: Buffer
  readonly start: number
  isError(): boolean
  asError(encoding: string): Error
}

/** Is handed each packet of an answer by mysql2, and none at first; returns true once it is over. */
interface Command {
  execute(packet: Packet | undefined, connection: RawConnection): boolean
}

/** CLIENT_QUERY_ATTRIBUTES. */
export const queryAttributes = 1 << 27

/**
 * Rows that an OK packet tells of: a length behind its header and its first byte. More than 250 are not told apart
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html).
 */
function rowsOf({ buffer, start }: Packet): number {
  return buffer[start + headerBytes + 1] ?? 0
}

/** A command of mysql2 whose answer has no rows: OK or an error. */
class ExecuteCommand implements Command {
  readonly #bytes: Buffer
  /** Also called by mysql2, as it does with its own commands, when the connection is lost. */
  readonly onResult: (error: Error | null, rows?: number) => void
  #isSent = false

  constructor(bytes: Buffer, onResult: (error: Error | null, rows?: number) => void) {
    this.#bytes = bytes
    this.onResult = onResult
  }

  execute(packet: Packet | undefined, connection: RawConnection): boolean {
    if (!this.#isSent) {
      this.#isSent = true
      connection._resetSequenceId()
      connection._bumpSequenceId(1)
      connection.write(this.#bytes)
      return false
    }
    if (packet?.isError()) this.onResult(packet.asError(connection.clientEncoding))
    else this.onResult(null, packet && rowsOf(packet))
    return true
  }
}

/** A statement that the connection has prepared; gives the rows that it has stored, up to 250. */
export type PreparedStatement = (parameters: readonly Value[]) => Promise<number>

/**
 * Prepares a statement that answers without rows. To execute it takes a third less work than mysql2's own command, which
 * counts where single statements are timed. Rejects as mysql2 does.
 */
export async function prepareStatement(given: Connection, sql: string): Promise<PreparedStatement> {
  const connection = given as unknown as RawConnection
  const id = await new Promise<number>((resolve, reject) => {
    given.prepare(sql, (error, statement) => {
      if (error) reject(error)
      else resolve((statement as unknown as { readonly id: number }).id)
    })
  })
  const flags = connection.config.clientFlags & (connection.serverCapabilityFlags ?? 0)
  const writer = new CommandWriter((flags & queryAttributes) !== 0)
  return (parameters) =>
    new Promise((resolve, reject) => {
      const done = (error: Error | null, rows = 0): void => {
        if (error) reject(error)
        else resolve(rows)
      }
      writer.execute(id, parameters)
      // It may wait for others, while the next one is written.
      connection.addCommand(new ExecuteCommand(Buffer.from(writer.take()), done))
    })
}
