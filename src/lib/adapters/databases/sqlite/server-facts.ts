import { statSync, closeSync, openSync, readSync } from 'node:fs'
import { formatBytes } from '../../../base/format.ts'
import type { AnyTable, Value, ServerCounter } from '../../../ports/database.ts'
import { bytesOf, withUnit } from '../server-facts.ts'
import type { ServerFacts, TableFacts } from '../../../ports/database-facts.ts'
import { readPragma, type SqliteSession } from './session.ts'

/** To count rows and pages all of the file is read, which is not done to a larger one. */
const largestRead = 2 ** 30

/** Reads the file's own facts. A file has no server that knew who else has it open. */
export function readSqliteFacts(session: SqliteSession, path: string, tables: readonly AnyTable[]): ServerFacts {
  const ask = (sql: string, parameters: readonly Value[] = []) => session.query({ sql, parameters: [...parameters] })
  const read = (name: string) => readPragma(session, name)
  const size = Number(read('page_count')) * Number(read('page_size'))
  const cache = Number(read('cache_size'))
  const log = sizeOf(`${path}-wal`)
  const isRead = size <= largestRead
  return {
    settings: {
      // Negative: in KiB; else in pages.
      cache_size: cache < 0 ? withUnit(String(-cache * 1024)) : `${cache} pages`,
      page_size: String(read('page_size')),
      'file size': formatBytes(size),
      ...(log === null ? {} : { 'log on disk': formatBytes(log) }),
      wal_autocheckpoint: `${String(read('wal_autocheckpoint'))} pages`,
      isolation: 'serializable, one writer at a time',
      mmap_size: String(read('mmap_size') ?? 0),
      auto_vacuum: ['none', 'full', 'incremental'][Number(read('auto_vacuum'))] ?? 'unknown',
    },
    tables: tables.flatMap(({ name }) => {
      const known = ask("select 1 from sqlite_master where type = 'table' and name = ?", [name]).length > 0
      return known ? [describeTable(ask, name, isRead)] : []
    }),
    replication: null,
    others: null,
  }
}

type Ask = (sql: string, parameters?: readonly Value[]) => Record<string, Value>[]

function describeTable(ask: Ask, name: string, isRead: boolean): TableFacts {
  const indexes = ask("select name from sqlite_master where type = 'index' and tbl_name = ? order by name", [name]).map(
    (row) => ({ name: String(row['name']), bytes: isRead ? pagesOf(ask, String(row['name'])) : null }),
  )
  const sizes = indexes.map(({ bytes }) => bytes)
  return {
    name,
    rows: isRead ? Number(ask(`select count(*) as found from "${name}"`)[0]?.['found']) : null,
    bytes: isRead ? pagesOf(ask, name) : null,
    indexBytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
    indexes,
  }
}

/** Null where SQLite was compiled without dbstat. */
function pagesOf(ask: Ask, name: string): number | null {
  try {
    return bytesOf(
      ask('select sum(pgsize) as bytes from dbstat where name = ? and aggregate = 1', [name])[0]?.['bytes'],
    )
  } catch {
    return null
  }
}

function sizeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.size ?? null
}

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
export function createSqliteCounters(connection: SqliteSession, path: string): () => ServerCounter[] {
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
    return [
      { name: 'WAL pages', value: written, kind: 'total', unit: 'pages' },
      file,
      // Those after which the log began anew.
      { name: 'checkpoints', value: now.sequence, kind: 'total', unit: 'checkpoints', rare: true },
    ]
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

function canReadLog(connection: SqliteSession, path: string): boolean {
  const [row] = connection.query({ sql: 'select sqlite_version() as version', parameters: [] })
  const [major = 0, minor = 0] = String(row?.['version']).split('.').map(Number)
  const [sinceMajor = 0, sinceMinor = 0] = noopSince
  const recent = major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)
  return recent && path !== ':memory:'
}

function readLogPosition(connection: SqliteSession, path: string): LogPosition | null {
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
