import { setImmediate as nextTurn } from 'node:timers/promises'
import type { InsertListener, InsertWatch, Table, Value } from '../../../ports/database.ts'
import { keepFollowing, rest } from '../watch.ts'
import type { SqliteConnection } from './connection.ts'

/** How often the end of the table is looked at, ms: one step down a tree, some 10 us. */
const pollMs = 5

/** Rows that are read at once. */
const pageRows = 500

/** An alias that no column of ours has. */
const position = 'rushbench_position'

/**
 * A watch by row number. Writers take turns, and each numbers its rows from the highest on, so that rows come up in the
 * order of their commits; a rowid is used again, or changed, only where rows are removed from the end or by VACUUM.
 */
export function watchSqliteInserts<R extends object>(
  connection: SqliteConnection,
  table: Table<R>,
  { knows, onRows, onError }: InsertListener<R>,
): Promise<InsertWatch> {
  const columns = Object.keys(table.columns).map((column) => `"${column}"`)
  const sql = `select rowid as ${position}, ${columns.join(', ')} from "${table.name}" where rowid > ? order by rowid limit ${pageRows}`
  let last = 0

  /** Whether there may be more. */
  function tellPage(): boolean {
    const rows = connection.query({ sql, parameters: [last] })
    const unknown = rows.filter((row) => !knows(row[table.primaryKey] as Value))
    last = Number(rows.at(-1)?.[position] ?? last)
    for (const row of unknown) delete row[position]
    if (unknown.length > 0) onRows(unknown as R[])
    return rows.length === pageRows
  }

  return keepFollowing(async (ready, signal) => {
    while (!signal.aborted) {
      if (tellPage()) {
        await nextTurn()
        continue
      }
      ready()
      await rest(pollMs, signal)
    }
  }, onError)
}
