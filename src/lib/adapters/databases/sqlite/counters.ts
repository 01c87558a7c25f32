import { closeSync, openSync, readSync } from 'node:fs'
import type { ServerCounter } from '../../../ports/database.ts'
import type { SqliteConnection } from './connection.ts'

/** Since this version `wal_checkpoint(noop)` tells without doing anything; an older one would write a checkpoint. */
const noopSince = [3, 51]
/** Where the log's header counts how often it began anew, big-endian (https://www.sqlite.org/walformat.html). */
const sequenceOffset = 12

/** How far the write-ahead log has come. */
interface LogPosition {
  /** Pages in it since it last began anew. */
  readonly pages: number
  /** How often it began anew. */
  readonly sequence: number
}

/**
 * Reads what SQLite tells: pages written to the log so far, and the size of the file. The log of a
 * file that is not in WAL mode, and of a SQLite before 3.51, is left out.
 */
export function createSqliteCounters(connection: SqliteConnection, path: string): () => ServerCounter[] {
  let last: LogPosition | null = null
  let written = 0
  const readable = canReadLog(connection, path)
  return () => {
    const size = Number(readPragma(connection, 'page_count')) * Number(readPragma(connection, 'page_size'))
    const file: ServerCounter = { name: 'file size', value: size, kind: 'level', unit: 'bytes' }
    const now = readable ? readLogPosition(connection, path) : null
    if (now === null) return [file]
    written += pagesSince(last, now, Number(readPragma(connection, 'wal_autocheckpoint')))
    last = now
    return [{ name: 'WAL pages', value: written, kind: 'total', unit: 'pages' }, file]
  }
}

/**
 * Pages written to the log between two looks at it. It begins anew once it has `restartAt` pages or a
 * few more: those few are what this may miss, less than 1% of them all.
 */
export function pagesSince(last: LogPosition | null, now: LogPosition, restartAt: number): number {
  if (last === null) return 0
  const restarts = now.sequence - last.sequence
  if (restarts <= 0) return Math.max(0, now.pages - last.pages)
  return Math.max(0, restartAt - last.pages) + (restarts - 1) * restartAt + now.pages
}

function canReadLog(connection: SqliteConnection, path: string): boolean {
  const [row] = connection.query({ sql: 'select sqlite_version() as version', parameters: [] })
  const [major = 0, minor = 0] = String(row?.['version']).split('.').map(Number)
  const [sinceMajor = 0, sinceMinor = 0] = noopSince
  const recent = major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)
  return recent && path !== ':memory:'
}

function readLogPosition(connection: SqliteConnection, path: string): LogPosition | null {
  const [row] = connection.query({ sql: 'pragma wal_checkpoint(noop)', parameters: [] })
  const pages = Number(row?.['log'] ?? -1)
  // -1: not in WAL mode.
  return pages < 0 ? null : { pages, sequence: readSequence(`${path}-wal`) }
}

/** Closing the log drops no lock: SQLite has its locks on the other two files. */
function readSequence(log: string): number {
  const header = Buffer.alloc(sequenceOffset + 4)
  try {
    const file = openSync(log, 'r')
    try {
      return readSync(file, header, 0, header.length, 0) < header.length ? 0 : header.readUInt32BE(sequenceOffset)
    } finally {
      closeSync(file)
    }
  } catch {
    return 0
  }
}

function readPragma(connection: SqliteConnection, name: string): unknown {
  return connection.query({ sql: `pragma ${name}`, parameters: [] })[0]?.[name]
}
