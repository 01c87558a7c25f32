import type { IndexDescriptionInfo } from 'mongodb'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { describeDurability, untoldDurability } from '../durability.ts'
import { isCreated, migrationFailed, openOn, requirePlainTables } from '../errors.ts'
import type {
  AnyTable,
  Database,
  DatabaseAdapter,
  EngineInfo,
  PausableAccess,
  TableChange,
  TableState,
} from '../../../ports/database.ts'
import { pollRows } from '../watch.ts'
import { mongoStrategies } from './bulk.ts'
import { openMongoClient } from './client.ts'
import { connectMongo, type MongoConnection } from './connection.ts'
import { readMongoCounters, readMongoFacts } from './server-facts.ts'
import { fieldOf, toDocument } from './documents.ts'
import { readMongoDurability, shardedCluster } from './durability.ts'
import { isTaken } from './errors.ts'
import { readMongoCollations, readMongoShapes } from './shape.ts'
import { recount } from './recount.ts'
import { createMongoStore } from './store.ts'
import { openPausableProxy, redirectUrl } from '../pausable-proxy.ts'
import { readMongoUrl } from './url.ts'

/** MongoDB, and servers that speak its protocol. A table is a collection, its primary key is `_id`. */
export const mongodb: DatabaseAdapter = {
  name: 'mongodb',
  connect: async (url, { poolSize, onWait }) =>
    openOn(await connectMongo(url, poolSize, onWait), async (connection) =>
      createDatabase(connection, await readEngine(connection)),
    ),
  openPausable,
  openClient: openMongoClient,
}

const unsharded =
  'the sharding of collections, whose keys you choose: all are on the primary shard until you shard them'

interface BuildInfo {
  readonly version: string
  readonly ferretdbVersion?: string
}

async function readEngine(connection: MongoConnection): Promise<EngineInfo> {
  const { version, ferretdbVersion } = (await connection.run(connection.db.command({ buildInfo: 1 }))) as BuildInfo
  const facts = connection.connection
  if (ferretdbVersion !== undefined) {
    return {
      connection: facts,
      name: 'ferretdb',
      // Embedded, it does not know its own version, only that of the MongoDB which it stands in for.
      version: ferretdbVersion === 'unknown' ? version : ferretdbVersion,
      durability: untoldDurability({ write_concern: 'ignored', commits: 'as those of the database behind it' }),
    }
  }
  return { name: 'mongodb', version, connection: facts, durability: await readMongoDurability(connection) }
}

function createDatabase(connection: MongoConnection, engine: EngineInfo): Database {
  const store = createMongoStore(connection)
  return {
    url: connection.url,
    engine,
    traits: { transactions: false, transactionalDdl: false, concurrentWriters: true, foreignKeys: false },
    unsupported: engine.durability.settings['servers'] === shardedCluster ? [unsharded] : [],
    store,
    insertStrategies: mongoStrategies(connection, describeDurability(engine.durability)),
    tables: () => listTables(connection),
    shapes: (tables) => readMongoShapes(connection, tables),
    collations: (table) => readMongoCollations(connection, table),
    createTables: (tables) => createTables(connection, tables),
    async changeTables(changes, { table, rows }) {
      await createTables(connection, changes.filter(isCreated))
      try {
        for (const change of changes) await changeCollection(connection, change)
        await store.insert(table, rows)
      } catch (error) {
        throw migrationFailed(error, connection.url)
      }
    },
    describeChanges: (changes) => changes.flatMap(describeChange),
    async dropTables(tables) {
      for (const table of tables) await dropTable(connection, table)
    },
    dropIndexes: (table) => dropIndexes(connection, table),
    createIndexes: (table) => createIndexes(connection, table),
    awaitWriters: async () => {},
    recount: (counter, range) => recount(connection, counter, range),
    watchRows: (table, listener) => pollRows(store, table, listener),
    counters: () => readMongoCounters(connection),
    facts: (tables) => readMongoFacts(connection, tables),
    openInserter: async (table) => ({
      insert: async (row) =>
        void (await connection.write(() => connection.collection(table).insertOne(toDocument(table, row)))),
      controlStatement: 'ping',
      control: async () => void (await connection.write(() => connection.db.command({ ping: 1 }))),
      close: async () => {},
    }),
    async now() {
      const { localTime } = await connection.run(connection.db.command({ hello: 1 }))
      return Number(localTime as Date)
    },
    retries: connection.retries,
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

async function listTables(connection: MongoConnection): Promise<TableState[]> {
  const collections = await connection.run(connection.db.listCollections({}, { nameOnly: false }).toArray())
  const marks = await readMarks(connection)
  return collections
    .filter(({ name }) => name !== marksCollection)
    .map(({ name, info }) => ({ name, mark: marks.get(`${name} ${String(info?.uuid)}`) ?? null }))
}

/** MongoDB makes each collection by itself: what this call made is dropped again when a later one fails. */
async function createTables(
  connection: MongoConnection,
  tables: readonly { readonly table: AnyTable; readonly mark: string }[],
): Promise<void> {
  requirePlainTables(
    'MongoDB',
    tables.map(({ table }) => table),
  )
  const made: AnyTable[] = []
  try {
    for (const { table } of tables) requireColumns(table)
    for (const { table, mark } of tables) {
      await connection.run(connection.db.createCollection(table.name))
      made.push(table)
      await remember(connection, table, mark)
      await createIndexes(connection, table)
    }
  } catch (error) {
    const left: string[] = []
    for (const table of made.toReversed()) await dropTable(connection, table).catch(() => left.push(table.name))
    const reason = isTaken(error) ? `somebody else made a table of the same name meanwhile` : reasonOf(error)
    throw failure('migration-failed', { url: connection.url, reason, left }, error)
  }
}

/** MongoDB would index what no document has. */
function requireColumns(table: AnyTable): void {
  const missing = [...table.unique, ...table.indexes].flat().find((column) => !Object.hasOwn(table.columns, column))
  if (missing !== undefined) throw new TypeError(`${table.name} has no column ${missing} to index`)
}

interface IndexPlan {
  readonly key: Readonly<Record<string, 1>>
  readonly unique: boolean
}

function plannedIndexes(table: AnyTable): IndexPlan[] {
  const keyOf = (columns: readonly string[]) =>
    Object.fromEntries(columns.map((column): [string, 1] => [fieldOf(table, column), 1]))
  return [
    ...table.unique.map((columns) => ({ key: keyOf(columns), unique: true })),
    ...table.indexes.map((columns) => ({ key: keyOf(columns), unique: false })),
  ]
}

function findIndex(present: readonly IndexDescriptionInfo[], { key, unique }: IndexPlan) {
  const fields = Object.keys(key).join()
  return present.find((index) => Boolean(index.unique) === unique && Object.keys(index.key).join() === fields)
}

/** Only those that are missing: FerretDB 1.24 breaks off the connection when all are there. */
async function createIndexes(connection: MongoConnection, table: AnyTable): Promise<void> {
  const collection = connection.collection(table)
  const present = await connection.run(collection.indexes())
  const missing = plannedIndexes(table).filter((plan) => !findIndex(present, plan))
  const indexes = missing.map(({ key, unique }) => (unique ? { key, unique } : { key }))
  if (indexes.length > 0) await connection.run(collection.createIndexes(indexes))
}

async function dropIndexes(connection: MongoConnection, table: AnyTable): Promise<void> {
  const collection = connection.collection(table)
  const present = await connection.run(collection.indexes())
  for (const plan of plannedIndexes(table).filter(({ unique }) => !unique)) {
    const name = findIndex(present, plan)?.name
    if (name !== undefined) await connection.run(collection.dropIndex(name))
  }
}

/** Makes a change of a collection that is there; does nothing where it was made before. */
async function changeCollection(connection: MongoConnection, change: TableChange): Promise<void> {
  const { kind, table } = change
  if (kind === 'drop') await dropTable(connection, table)
  if (kind === 'add index') await createIndexes(connection, { ...table, unique: [], indexes: [change.columns] })
  if (kind === 'drop index') await dropIndexes(connection, { ...table, unique: [], indexes: [change.columns] })
  if (kind !== 'add column') return
  const [filter, set] = addedField(change)
  await connection.repeat(() => connection.collection(table).updateMany(filter, set))
}

/** Documents of before lack the field. */
function addedField({ column, value }: TableChange & { readonly kind: 'add column' }) {
  return [{ [column]: { $exists: false } }, { $set: { [column]: value } }] as const
}

/** The commands of a change, as mongosh takes them. */
function describeChange(change: TableChange): string[] {
  const { kind, table } = change
  const collection = `db.getCollection(${JSON.stringify(table.name)})`
  const index = ({ key, unique }: IndexPlan): string =>
    `${collection}.createIndex(${JSON.stringify(key)}${unique ? ', {"unique":true}' : ''})`
  if (kind === 'remake triggers') return []
  if (kind === 'drop') return [`${collection}.drop()`]
  if (kind === 'create')
    return [`db.createCollection(${JSON.stringify(table.name)})`, ...plannedIndexes(table).map(index)]
  if (kind === 'add column')
    return [
      `${collection}.updateMany(${addedField(change)
        .map((part) => JSON.stringify(part))
        .join(', ')})`,
    ]
  const [plan] = plannedIndexes({ ...table, unique: [], indexes: [change.columns] })
  if (!plan) return []
  return [kind === 'add index' ? index(plan) : `${collection}.dropIndex(${JSON.stringify(plan.key)})`]
}

async function dropTable(connection: MongoConnection, table: AnyTable): Promise<void> {
  await connection.run(connection.db.dropCollection(table.name))
  await forget(connection, table)
}

/** Where the marks are kept: a collection has no comment of its own. */
const marksCollection = 'rushbench_tables'

interface Mark {
  readonly _id: string
  /** The server's own id of the collection: one that somebody else makes under the same name later has another. */
  readonly uuid: string
  readonly mark: string
}

/** Marks by name and id of the collection (`schedules 94c76731-...`). */
async function readMarks(connection: MongoConnection): Promise<Map<string, string>> {
  const marks = await connection.run(connection.db.collection<Mark>(marksCollection).find().toArray())
  return new Map(marks.map(({ _id, uuid, mark }) => [`${_id} ${uuid}`, mark]))
}

/** Marks the collection that was just made. */
export async function remember(connection: MongoConnection, table: AnyTable, mark: string): Promise<void> {
  const made = await connection.describe(table)
  const uuid = String(made?.info?.uuid)
  const marks = connection.db.collection<Mark>(marksCollection)
  await connection.run(marks.updateOne({ _id: table.name }, { $set: { uuid, mark } }, { upsert: true }))
}

/** Takes the mark of a collection that was dropped away. */
export async function forget(connection: MongoConnection, table: AnyTable): Promise<void> {
  await connection.run(connection.db.collection<Mark>(marksCollection).deleteOne({ _id: table.name }))
}

const defaultPort = 27_017

/** A proxy to the one server that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, hosts, isEncrypted } = readMongoUrl(url)
  const refuse = (reason: string) => failure('database-not-pausable', { url: shown, reason })
  const [server, ...others] = hosts
  // The driver would find the other servers by itself, and go around the proxy.
  if (!server || others.length > 0 || /^mongodb\+srv:/i.test(url)) throw refuse('the URL names several servers')
  if (isEncrypted) throw refuse('the proxy stands at 127.0.0.1, which the certificate is not for')
  return openPausableProxy({
    shown,
    host: server.host,
    port: server.port ?? defaultPort,
    urlAt: (port) => redirectUrl(url, port, { directConnection: 'true' }),
  })
}
