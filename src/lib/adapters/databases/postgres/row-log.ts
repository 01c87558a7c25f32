import type { Socket } from 'node:net'
import type { ClientConfig } from 'pg'
import type { LogicalReplicationService, Pgoutput } from 'pg-logical-replication'
import { failure } from '../../../base/errors/errors.ts'
import type { AnyTable, RowLog, Table } from '../../../ports/database.ts'
import type { RowLogFollower } from '../../../ports/row-log.ts'
import { createRowQueue } from '../row-queue.ts'
import { plain } from '../sql/pool.ts'
import type { PostgresConnections } from './connection.ts'
import { translatePostgresError } from './errors.ts'
import type { PostgresFlavour } from './flavour.ts'

/** PostgreSQL's log, decoded by the server's own plugin. A slot, on the server, has the position. */
export function createPostgresRowLog(connections: PostgresConnections, flavour: PostgresFlavour): RowLog {
  return {
    unavailable: () => whyUnavailable(connections, flavour),
    async follow(table) {
      const slot = await prepareSlot(connections, table)
      return openFollower(connections, slot, table)
    },
    async forget(table) {
      if (flavour.notifications) await dropSlots(connections, [table])
    },
  }
}

/** In which the option `messages` of the server's plugin came, that the client sends. */
const firstVersion = 140_000

const settingsSql = `select current_setting('wal_level') as wal_level, current_setting('server_version_num')::int as version,
  current_user as user_name, has_database_privilege(current_database(), 'create') as may_create,
  (select bool_or(rolsuper or rolreplication) from pg_roles where rolname = current_user)
    or exists (select 1 from pg_roles where rolname = 'rds_replication' and pg_has_role(oid, 'member')) as may_replicate,
  (select count(*) from pg_replication_slots)::int as slots, current_setting('max_replication_slots')::int as most_slots,
  exists (select 1 from pg_replication_slots where database = current_database() and slot_name like 'rushbench%') as has_slot`

async function whyUnavailable(connections: PostgresConnections, { name }: PostgresFlavour): Promise<string | null> {
  if (name !== 'postgres' && name !== 'citus') return `${name} has no logical decoding of PostgreSQL's kind`
  if (connections.connection.pooled) return 'a pooler is in between, which lets no replication through'
  const [found] = await connections.ask(settingsSql)
  const { wal_level: level, version, user_name: user, slots, most_slots: most } = found ?? {}
  if (Number(version) < firstVersion) return 'PostgreSQL before 14 does not decode it in a way that is understood here'
  if (level !== 'logical') return `wal_level is ${level}: set it to logical, and start the server again`
  if (!found?.['may_replicate']) return `the user lacks the right REPLICATION: ALTER ROLE "${user}" REPLICATION`
  if (!found?.['may_create']) return `the user may create no publication: GRANT CREATE ON DATABASE ... TO "${user}"`
  if (Number(slots) >= Number(most) && !found?.['has_slot'])
    return `all ${most} replication slots are taken: drop those that nobody uses (pg_replication_slots), or raise max_replication_slots`
  return null
}

/** A slot can only be made once every transaction has ended that was under way; a long one is better waited for by polling. */
const createWithinMs = 5000

/** A slot, and the publication of the same name. */
interface Slot {
  readonly name: string
  /** Up to where it was confirmed. */
  readonly confirmed: bigint
}

/** Names are the whole server's: they hold which database and schema it is, and fit into 63 bytes. */
const namesSql = `select n.oid as namespace, current_schema() as schema,
  (select oid from pg_database where datname = current_database()) as database
  from pg_namespace n where n.nspname = current_schema()`

async function nameSlot(connections: PostgresConnections, table: AnyTable): Promise<string> {
  const [found] = await connections.ask(namesSql)
  return `rushbench_${found?.['database']}_${found?.['namespace']}_${table.name}`.slice(0, 63)
}

const slotSql = (name: string) =>
  `select active, wal_status, coalesce(confirmed_flush_lsn, restart_lsn)::text as confirmed from pg_replication_slots where slot_name = '${name}'`

/** Takes the slot that an earlier follower left, or makes one; what was invalidated, or is of a table that is gone, is made anew. */
async function prepareSlot(connections: PostgresConnections, table: AnyTable): Promise<Slot> {
  const name = await nameSlot(connections, table)
  const read = async () => (await connections.ask(slotSql(name)))[0]
  const publishedSql = `select 1 as found from pg_publication_tables
    where pubname = '${name}' and schemaname = current_schema() and tablename = '${table.name}'`
  const [published] = await connections.ask(publishedSql)
  let slot = await read()
  if (slot && (!published || slot['wal_status'] === 'lost')) {
    await dropSlot(connections, table)
    slot = await read()
  }
  if (!slot) {
    // Before the slot, which would miss a publication that came after it.
    if (!(await connections.ask(publishedSql)).length) {
      await connections.ask(`drop publication if exists "${name}"`)
      await connections.ask(`create publication "${name}" for table "${table.name}" with (publish = 'insert')`)
    }
    await connections.transaction(async (session) => {
      await session.execute(plain(`set local statement_timeout = ${createWithinMs}`))
      await session.query(plain(`select pg_create_logical_replication_slot('${name}', 'pgoutput')::text as made`))
    })
    slot = await read()
  }
  return { name, confirmed: readLsn(String(slot?.['confirmed'])) }
}

/** Drops those slots of tables that a relay which was killed has left. */
export async function dropSlots(connections: PostgresConnections, tables: readonly AnyTable[]): Promise<void> {
  const sql =
    "select count(*)::int as slots from pg_replication_slots where database = current_database() and slot_name like 'rushbench%'"
  const [found] = await connections.ask(sql)
  if (found?.['slots'] === 0) return
  for (const table of tables) await dropSlot(connections, table)
}

/** Drops the slot, which would keep the log from being deleted for ever, and its publication; does nothing where it is in use. */
async function dropSlot(connections: PostgresConnections, table: AnyTable): Promise<void> {
  const name = await nameSlot(connections, table)
  const [slot] = await connections.ask(slotSql(name))
  if (slot?.['active']) return
  if (slot) await connections.ask(`select pg_drop_replication_slot('${name}')::text as dropped`)
  await connections.ask(`drop publication if exists "${name}"`)
}

/** `16/B374D848`: two numbers of 32 bits. */
function readLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

function writeLsn(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffffffffn).toString(16).toUpperCase()}`
}

const writePosition = (lsn: bigint): string => lsn.toString(16).padStart(16, '0')
const readPosition = (position: string): bigint => BigInt(`0x${position}`)

async function openFollower<R extends object>(
  connections: PostgresConnections,
  { name, confirmed: start }: Slot,
  table: Table<R>,
): Promise<RowLogFollower<R>> {
  // Loaded only where it is used.
  const replication = await import('pg-logical-replication')
  const config: ClientConfig = { ...connections.options, keepAlive: true, keepAliveInitialDelayMillis: 10_000 }
  const client = new replication.LogicalReplicationService(config, {
    // It confirms what was read, and not what was done with it; and it would do so by itself.
    acknowledge: { auto: false, timeoutSeconds: 0 },
  })
  // A server is told of the byte before the one that it is to go on from: the client adds one.
  let confirmed = start - 1n
  const acknowledge = () => void client.acknowledge(writeLsn(confirmed)).catch(fail)
  const queue = createRowQueue<R>(writePosition(confirmed), (isHeld) => hold(client, isHeld))
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
  let rows: R[] = []

  function fail(error: unknown): void {
    const told = translatePostgresError(error, connections.url) as Error
    reject(told)
    queue.fail(told)
  }

  client.on('start', resolve)
  client.on('error', fail)
  client.on('data', (_lsn: string, message: Pgoutput.Message) => {
    if (message.tag === 'insert') rows.push(readRow(table, message.new))
    if (message.tag === 'commit') {
      queue.push(rows, writePosition(readLsn(message.commitLsn ?? '0/0')))
      rows = []
    }
  })
  client.on('heartbeat', (lsn: string, _timestamp: number, shouldRespond: boolean) => {
    // Others write as well; what they wrote is not to be kept for this one.
    if (rows.length === 0) queue.push([], writePosition(readLsn(lsn) - 1n))
    if (shouldRespond) acknowledge()
  })
  const plugin = new replication.PgoutputPlugin({ protoVersion: 1, publicationNames: [name] })
  const over = client
    .subscribe(plugin, name)
    .then(() => fail(failure('database-lost', { url: connections.url, reason: 'the log has ended' })), fail)
  const close = async () => {
    await client.destroy()
    await over
  }
  await ready.catch(async (error: unknown) => {
    await close()
    throw error
  })
  return {
    read: queue.read,
    async end() {
      const [found] = await connections.ask('select pg_current_wal_insert_lsn()::text as lsn')
      return writePosition(readLsn(String(found?.['lsn'])))
    },
    confirm(position) {
      const lsn = readPosition(position)
      if (lsn <= confirmed) return
      confirmed = lsn
      acknowledge()
    },
    close,
  }
}

/**
 * Lets the server wait. The client could do so by itself, but would then tell of heartbeats before the rows that came before
 * them. A server that waits for longer than its `wal_sender_timeout` ends the connection.
 */
function hold(client: LogicalReplicationService, isHeld: boolean): void {
  const { _connection: connection } = client as unknown as { readonly _connection: { readonly stream: Socket } | null }
  if (isHeld) connection?.stream.pause()
  else connection?.stream.resume()
}

/** Values come as texts. */
function readRow<R extends object>(table: Table<R>, values: Readonly<Record<string, unknown>>): R {
  const columns = Object.entries<{ readonly type: string }>(table.columns)
  return Object.fromEntries(
    columns.map(([name, { type }]) => [name, type === 'integer' ? Number(values[name]) : values[name]]),
  ) as R
}
