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
export function channelOf(table: AnyTable): string {
  return `rushbench_${table.name}_inserted`
}

/**
 * CREATE FUNCTION and CREATE TRIGGER that tell the keys of new rows, whoever stores them and however: in the same
 * transaction, so that they are told when it is committed, and not at all when it is not. A key has a kilobyte at most.
 */
export function createNotificationSql(table: AnyTable): string[] {
  const name = channelOf(table)
  return [
    `create or replace function "${name}"() returns trigger language plpgsql as $$
begin
  perform pg_notify('${name}', json_agg(key)::text)
  from (
    select key, sum(octet_length(to_json(key)::text) + 2) over (rows unbounded preceding) / ${payloadBytes} as part
    from (select "${table.primaryKey}" as key from inserted) as keys
  ) as parts
  group by part;
  return null;
end $$`,
    `create trigger "${name}" after insert on "${table.name}"
referencing new table as inserted for each statement execute function "${name}"()`,
  ]
}

/** DROP FUNCTION for what `createNotificationSql` makes; its trigger goes with the table. */
export function dropNotificationSql(table: AnyTable): string {
  return `drop function if exists "${channelOf(table)}"()`
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
    let told: Value[] = []
    let lost: unknown = null
    let wake = (): void => {}
    const connection = await listen(channelOf(table), (payload) => {
      for (const key of JSON.parse(payload) as Value[]) told.push(key)
      wake()
    })
    const off = onAbort(signal, () => wake())
    connection.lost.catch((error: unknown) => {
      lost = error
      wake()
    })
    try {
      await tellUnknown(store, table, listener, signal, isFirst)
      ready()
      while (!signal.aborted) {
        const keys = told
        told = []
        await tellKeys(store, table, listener, keys)
        if (lost !== null) throw lost
        if (told.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      off()
      await connection.close()
    }
  }, listener.onError)
}

/** Opens a connection of its own that listens on `channel`. */
export type Listen = (channel: string, onPayload: (payload: string) => void) => Promise<PostgresListener>

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
  readonly channel: string
}

/** Opens a connection of its own that listens. Rejects with what pg says. */
export async function openListener(
  { options, url, channel, schemas }: ListenerPlace,
  onPayload: (payload: string) => void,
): Promise<PostgresListener> {
  // A server that is gone without a word is noticed by the kernel.
  const client = new Client({ ...options, keepAlive: true, keepAliveInitialDelayMillis: keepAliveMs })
  const { promise: lost, reject } = Promise.withResolvers<never>()
  void ignoreFailure(lost)
  client.on('error', reject)
  client.on('end', () => reject(new Error('connection ended')))
  client.on('notification', ({ payload }) => onPayload(payload ?? ''))
  try {
    await client.connect()
    closeWhenServerHangsUp(socketOf(client))
    await prepareSession(client, url, { schemas })
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
  } catch (error) {
    await ignoreFailure(client.end())
    throw error
  }
  return { lost, close: () => client.end() }
}
