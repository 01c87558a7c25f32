import { setImmediate as nextTurn } from 'node:timers/promises'
import { pause } from '../../../base/abort.ts'
import type { RowListener, RowWatch, Store, Table, Value } from '../../../ports/database.ts'
import { keepFollowing, tellUnknown } from '../watch.ts'
import type { SqliteConnection } from './connection.ts'

/** How often the end of the table is looked at, ms: one step down a tree, some 10 us. */
const pollMs = 5

/** Rows that are read at once. */
const pageRows = 500

/** Where something was written, rows are counted: at most so often, ms, and for at most a tenth of the time. */
const countMs = 50
const restPerCount = 9

/** An alias that no column of ours has. */
const position = 'rushbench_position'

/** The version of the file, which others' commits change, and the rows that this connection has changed. */
const versionSql = 'select (select data_version from pragma_data_version) as version, total_changes() as changes'

/** Where the table was read to. */
interface End {
  readonly position: number
  readonly key: Value
}

/**
 * A watch by row number. Writers take turns, and each numbers its rows from the highest on, so that rows come up in the
 * order of their commits; numbers are used again where rows are removed from the end. Removed rows are noticed by the last
 * row, or by the number of rows, and looked for by their keys then.
 */
export function watchSqliteRows<R extends object>(
  connection: SqliteConnection,
  store: Store,
  table: Table<R>,
  listener: RowListener<R>,
): Promise<RowWatch> {
  const { known, onRows, onError } = listener
  const key = table.primaryKey
  const columns = Object.keys(table.columns).map((column) => `"${column}"`)
  const sql = `select rowid as ${position}, ${columns.join(', ')} from "${table.name}" where rowid >= ? order by rowid limit ${pageRows}`
  const endSql = `select rowid as position, "${key}" as key from "${table.name}" order by rowid desc limit 1`
  const hasGone = createCounter(connection, store, table, listener)
  let end: End | null = null

  /** Tells of new rows: `more` where there may be others, `gone` where the last one that was read is. */
  function tellPage(): 'all' | 'more' | 'gone' {
    const rows = connection.query({ sql, parameters: [end?.position ?? 0] })
    const [first] = rows
    if (end !== null && (first?.[position] !== end.position || first[key] !== end.key)) return 'gone'
    const last = rows.at(-1)
    if (last) end = { position: Number(last[position]), key: last[key] as Value }
    const unknown = rows.filter((row) => !known.has(row[key] as Value))
    for (const row of unknown) delete row[position]
    if (unknown.length > 0) onRows(unknown as R[])
    return rows.length === pageRows ? 'more' : 'all'
  }

  async function lookAtAll(signal: AbortSignal): Promise<void> {
    // What comes meanwhile has a higher number, and is told of later.
    const [last] = connection.query({ sql: endSql, parameters: [] })
    await tellUnknown(store, table, listener, signal, false)
    end = last ? { position: Number(last['position']), key: last['key'] as Value } : null
  }

  return keepFollowing(async (ready, signal) => {
    while (!signal.aborted) {
      const told = tellPage()
      if (told === 'more') await nextTurn()
      if (told === 'gone') await lookAtAll(signal)
      if (told !== 'all') continue
      ready()
      if (await hasGone()) await lookAtAll(signal)
      await pause(pollMs, signal)
    }
  }, onError)
}

/** Makes what says whether there are fewer rows than are known. */
function createCounter<R extends object>(
  connection: SqliteConnection,
  store: Store,
  table: Table<R>,
  { known }: RowListener<R>,
): () => Promise<boolean> {
  let seen = ''
  let nextAt = 0
  return async () => {
    const began = performance.now()
    if (began < nextAt) return false
    const [row] = connection.query({ sql: versionSql, parameters: [] })
    const now = [row?.['version'], row?.['changes'], known.size].join(' ')
    if (now === seen) return false
    seen = now
    const count = await store.count(table)
    nextAt = performance.now() + Math.max(countMs, (performance.now() - began) * restPerCount)
    return count < known.size
  }
}
