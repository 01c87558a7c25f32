import { Client, type ClientConfig } from 'pg'
import { ignoreFailure, onAbort } from '../../../base/abort.ts'
import { closeWhenServerHangsUp } from '../sql/pool.ts'
import { socketOf } from './servers.ts'
import { prepareSession } from './session.ts'
import type { PostgresUrl } from './url.ts'
import type { AnyTable, RowListener, RowWatch, Store, Table, Value } from '../../../ports/database.ts'
import { keepFollowing, tellKeys, tellUnknown } from '../watch.ts'

/** Bytes of keys in one notification: the server takes 8,000 less one, and the last key may stand beyond this. */
const payloadBytes = 7000

/** The channel on which the keys of new rows of `table` are told, as JSON lists. */
function insertedOf(table: AnyTable): string {
  return `rushbench_${table.name}_inserted`
}

/** The channel on which the keys of removed rows of `table` are told, and null for those of a TRUNCATE. */
function deletedOf(table: AnyTable): string {
  return `rushbench_${table.name}_deleted`
}

function truncatedOf(table: AnyTable): string {
  return `rushbench_${table.name}_truncated`
}

/** The triggers of a table that is watched. */
export function triggersOf(table: AnyTable): string[] {
  return [deletedOf(table), insertedOf(table), truncatedOf(table)]
}

/**
 * CREATE FUNCTION and CREATE TRIGGER that tell the keys of rows that are stored or removed, whoever does that and however:
 * in the same transaction, so that they are told when it is committed, and not at all when it is not. A key has a kilobyte
 * at most.
 */
export function createNotificationSql(table: AnyTable): string[] {
  const [inserted, deleted] = [insertedOf(table), deletedOf(table)]
  const isTruncate = `if tg_op = 'TRUNCATE' then
    perform pg_notify('${deleted}', 'null');
    return null;
  end if;`
  return [
    createFunctionSql(inserted, table, 'inserted'),
    `create trigger "${inserted}" after insert on "${table.name}"
referencing new table as inserted for each statement execute function "${inserted}"()`,
    createFunctionSql(deleted, table, 'deleted', isTruncate),
    `create trigger "${deleted}" after delete on "${table.name}"
referencing old table as deleted for each statement execute function "${deleted}"()`,
    `create trigger "${truncatedOf(table)}" after truncate on "${table.name}"
for each statement execute function "${deleted}"()`,
  ]
}

/** A function that tells on `channel` of the keys in `rows`, in as many parts as they need. */
function createFunctionSql(channel: string, table: AnyTable, rows: string, before = ''): string {
  return `create or replace function "${channel}"() returns trigger language plpgsql as $$
begin
  ${before}
  perform pg_notify('${channel}', json_agg(key)::text)
  from (
    select key, sum(octet_length(to_json(key)::text) + 2) over (rows unbounded preceding) / ${payloadBytes} as part
    from (select "${table.primaryKey}" as key from ${rows}) as keys
  ) as parts
  group by part;
  return null;
end $$`
}

/**
 * `createNotificationSql` for a table that may have all of it, or what an earlier version made. Whoever watches the table
 * reads it anew, as after a TRUNCATE: rows may have gone untold.
 */
export function remakeNotificationSql(table: AnyTable): string[] {
  return [
    ...triggersOf(table).map((name) => `drop trigger if exists "${name}" on "${table.name}"`),
    ...createNotificationSql(table),
    `select pg_notify('${deletedOf(table)}', 'null')`,
  ]
}

/** DROP FUNCTION for what `createNotificationSql` makes; their triggers go with the table. */
export function dropNotificationSql(table: AnyTable): string[] {
  return [insertedOf(table), deletedOf(table)].map((name) => `drop function if exists "${name}"()`)
}

/**
 * A watch by LISTEN. What is committed from then on is told by the server, and what was committed before is read from the
 * table, so that nothing falls between, in whatever order transactions commit; the same again after a lost connection.
 */
export function watchPostgresRows<R extends object>(
  listen: Listen,
  store: Store,
  table: Table<R>,
  listener: RowListener<R>,
): Promise<RowWatch> {
  return keepFollowing(async (ready, signal, isFirst) => {
    const news = createNews(deletedOf(table))
    const connection = await listen([insertedOf(table), deletedOf(table)], news.take)
    const off = onAbort(signal, news.wake)
    let lost: unknown = null
    connection.lost.catch((error: unknown) => {
      lost = error
      news.wake()
    })
    try {
      await tellUnknown(store, table, listener, signal, isFirst)
      ready()
      while (!signal.aborted) {
        const { told, deleted, isTruncated } = news.read()
        // One that is back by now, and perhaps another row, is told of anew.
        const gone = deleted.filter((key) => listener.known.has(key))
        if (gone.length > 0) listener.onGone(gone)
        if (isTruncated) await tellUnknown(store, table, listener, signal, false)
        await tellKeys(store, table, listener, [...new Set([...told, ...deleted])])
        if (lost !== null) throw lost
        if (!signal.aborted) await news.next()
      }
    } finally {
      off()
      await connection.close()
    }
  }, listener.onError)
}

/** Gathers what the server tells until it is read. */
function createNews(deletedChannel: string) {
  const none = () => ({ told: [] as Value[], deleted: [] as Value[], isTruncated: false })
  let news = none()
  let wake = (): void => {}
  return {
    wake: () => wake(),
    take(channel: string, payload: string): void {
      const keys = JSON.parse(payload) as Value[] | null
      if (keys === null) news.isTruncated = true
      else for (const key of keys) news[channel === deletedChannel ? 'deleted' : 'told'].push(key)
      wake()
    },
    read() {
      const read = news
      news = none()
      return read
    },
    /** Resolves once there is something to be read, or it is woken. */
    async next(): Promise<void> {
      if (news.told.length > 0 || news.deleted.length > 0 || news.isTruncated) return
      await new Promise<void>((resolve) => (wake = resolve))
    },
  }
}

type OnPayload = (channel: string, payload: string) => void

/** Opens a connection of its own that listens on `channels`. */
export type Listen = (channels: readonly string[], onPayload: OnPayload) => Promise<PostgresListener>

/** A connection that listens. */
interface PostgresListener {
  /** Rejects when the connection ends before it is closed. */
  readonly lost: Promise<never>
  close(): Promise<void>
}

const keepAliveMs = 10_000

/** Where a listener listens. */
interface ListenerPlace extends Pick<PostgresUrl, 'schemas'> {
  readonly options: ClientConfig
  readonly url: string
  readonly channels: readonly string[]
}

/** Opens a connection of its own that listens. Rejects with what pg says. */
export async function openListener(
  { options, url, channels, schemas }: ListenerPlace,
  onPayload: OnPayload,
): Promise<PostgresListener> {
  // A server that is gone without a word is noticed by the kernel.
  const client = new Client({ ...options, keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs })
  const { promise: lost, reject } = Promise.withResolvers<never>()
  void ignoreFailure(lost)
  client.on('error', reject)
  client.on('end', () => reject(new Error('connection ended')))
  client.on('notification', ({ channel, payload }) => onPayload(channel, payload ?? ''))
  try {
    await client.connect()
    closeWhenServerHangsUp(socketOf(client))
    await prepareSession(client, url, { schemas })
    for (const channel of channels) await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    await ignoreFailure(client.end())
    throw error
  }
  return { lost, close: () => client.end() }
}
