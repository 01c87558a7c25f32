import type { InsertListener, InsertWatch, Store, Table, Value } from '../../../ports/database.ts'
import { keepFollowing, tellAll, tellKeys, tellMissing } from '../watch.ts'
import type { PostgresConnections } from './connection.ts'
import { channelOf } from './notification.ts'

/**
 * A watch by LISTEN. What is committed from then on is told by the server, and what was committed before is read from the
 * table, so that nothing falls between, in whatever order transactions commit; the same again after a lost connection.
 */
export function watchPostgresInserts<R extends object>(
  connections: PostgresConnections,
  store: Store,
  table: Table<R>,
  listener: InsertListener<R>,
): Promise<InsertWatch> {
  return keepFollowing(async (ready, signal, isFirst) => {
    let told: Value[] = []
    let lost: unknown = null
    let wake = (): void => {}
    const onAbort = (): void => wake()
    const connection = await connections.listen(channelOf(table), (payload) => {
      for (const key of JSON.parse(payload) as Value[]) told.push(key)
      wake()
    })
    signal.addEventListener('abort', onAbort)
    connection.lost.catch((error: unknown) => {
      lost = error
      wake()
    })
    try {
      await (isFirst ? tellAll : tellMissing)(store, table, listener, signal)
      ready()
      while (!signal.aborted) {
        const keys = told
        told = []
        await tellKeys(store, table, listener, keys)
        if (lost !== null) throw lost
        if (told.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', onAbort)
      await connection.close()
    }
  }, listener.onError)
}
