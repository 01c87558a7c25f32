import { pause } from '../../base/abort.ts'
import { chunksOf } from '../../base/chunks.ts'
import type { ColumnName, RowListener, RowWatch, Store, Table, Value, Where } from '../../ports/database.ts'

/**
 * Follows a table until `signal` aborts; calls `ready` once the listener knows all that was there. `isFirst` until then:
 * the listener knows few rows or none.
 */
export type Follow = (ready: () => void, signal: AbortSignal, isFirst: boolean) => Promise<void>

/** How long a database that is away is left alone, ms. */
const retryMs = 200

/** Rows that are told of, or read by their keys, at once. */
const rowsAtOnce = 500

/** Looks for rows where nothing tells of them: at least this often, ms, and at most a tenth of the time. */
const pollMs = 50
const restPerWork = 9

/** Follows, and begins anew after an error, which `onError` is told. Throws what goes wrong before it is ready. */
export async function keepFollowing(follow: Follow, onError: (error: Error) => void): Promise<RowWatch> {
  const stop = new AbortController()
  const begun = Promise.withResolvers<void>()
  let isReady = false
  const ready = (): void => {
    isReady = true
    begun.resolve()
  }
  const work = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await follow(ready, stop.signal, !isReady)
      } catch (error) {
        if (stop.signal.aborted) return
        if (!isReady) return begun.reject(error)
        onError(error as Error)
        await pause(retryMs, stop.signal)
      }
    }
  }
  const ended = work()
  await begun.promise
  return {
    async close() {
      stop.abort()
      await ended
    },
  }
}

/**
 * Tells of every row that the listener does not know, then of those it knows that are gone, and returns how many rows there
 * are. `isFirst`, where it knows few,
 * reads them all, which is half the work; else only the keys of those that it knows are read.
 */
export async function tellUnknown<R extends object>(
  store: Store,
  table: Table<R>,
  listener: RowListener<R>,
  signal: AbortSignal,
  isFirst: boolean,
): Promise<number> {
  const key: ColumnName<R> = table.primaryKey
  let unknown: R[] = []
  let rows = 0
  const tell = async (): Promise<void> => {
    const found = unknown
    unknown = []
    if (!isFirst)
      await tellKeys(
        store,
        table,
        listener,
        found.map((row) => row[key] as Value),
      )
    else if (found.length > 0) listener.onRows(found)
  }
  for await (const row of isFirst ? store.scan(table) : store.scan(table, [key])) {
    if (signal.aborted) break
    rows++
    if (!listener.known.has((row as R)[key] as Value)) unknown.push(row as R)
    if (unknown.length >= rowsAtOnce) await tell()
  }
  await tell()
  // All of the table is known by now: a row more is one that is gone, or that came behind the scan's back.
  if (!signal.aborted && listener.known.size > rows) await tellGone(store, table, listener, signal)
  return rows
}

async function tellGone<R extends object>(
  store: Store,
  table: Table<R>,
  listener: RowListener<R>,
  signal: AbortSignal,
): Promise<void> {
  const key: ColumnName<R> = table.primaryKey
  const there = new Set<Value>()
  for await (const row of store.scan(table, [key])) {
    if (signal.aborted) return
    there.add((row as R)[key] as Value)
  }
  const missing = [...listener.known.keys()].filter((each) => !there.has(each))
  for (const some of chunksOf(missing, rowsAtOnce)) {
    const found = await store.find(table, { [key]: { in: some } } as Where<R>, { columns: [key] })
    const keys = new Set(found.map((row) => (row as R)[key] as Value))
    const gone = some.filter((each) => !keys.has(each))
    if (gone.length > 0) listener.onGone(gone)
  }
}

/** Tells of the rows of those keys that the listener does not know. */
export async function tellKeys<R extends object>(
  store: Store,
  table: Table<R>,
  listener: RowListener<R>,
  keys: readonly Value[],
): Promise<void> {
  const unknown = keys.filter((key) => !listener.known.has(key))
  for (const some of chunksOf(unknown, rowsAtOnce)) {
    const where = { [table.primaryKey]: { in: some } } as Where<R>
    const rows = (await store.find(table, where)) as R[]
    if (rows.length > 0) listener.onRows(rows)
  }
}

/**
 * A watch for engines that tell nobody of rows: counts them, and looks for those that came or went when they have become
 * more or fewer. The larger the table, the longer that takes and the later a row is told of. One that goes and one that
 * comes between two counts are noticed with the next change.
 */
export function pollRows<R extends object>(store: Store, table: Table<R>, listener: RowListener<R>): Promise<RowWatch> {
  return keepFollowing(async (ready, signal, isFirst) => {
    let seen = -1
    while (!signal.aborted) {
      const began = performance.now()
      // A row that came behind the scan's back makes what it went through less than the next count.
      if ((await store.count(table)) !== seen) {
        seen = await tellUnknown(store, table, listener, signal, seen < 0 && isFirst)
      }
      ready()
      await pause(Math.max(pollMs, (performance.now() - began) * restPerWork), signal)
    }
  }, listener.onError)
}
