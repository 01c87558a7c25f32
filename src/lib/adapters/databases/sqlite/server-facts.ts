import { statSync } from 'node:fs'
import { formatBytes } from '../../../base/format.ts'
import type { AnyTable, Value } from '../../../ports/database.ts'
import { bytesOf, withUnit } from '../server-facts.ts'
import type { Statement } from '../sql/statements.ts'
import type { ServerFacts, TableFacts } from '../../../ports/database-facts.ts'

interface Session {
  query(statement: Statement): Record<string, Value>[]
}

/** To count rows and pages all of the file is read, which is not done to a larger one. */
const largestRead = 2 ** 30

/** Reads the file's own facts. A file has no server that knew who else has it open. */
export function readSqliteFacts(session: Session, path: string, tables: readonly AnyTable[]): ServerFacts {
  const ask = (sql: string, parameters: readonly Value[] = []) => session.query({ sql, parameters: [...parameters] })
  const read = (name: string) => Object.values(ask(`pragma ${name}`)[0] ?? {})[0]
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
