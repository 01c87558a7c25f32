/**
 * Measures how fast the relay of meetups brings committed events to a broker, and how late: by looking into the table and by
 * following the database's log, on the same servers in the same run. Each way is measured three times, in turns; the median of
 * the rates and the delays of all events are shown. Takes the servers that dev/services names, and leaves nothing on them.
 */
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { randomUUID } from 'node:crypto'
import { cpus, loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { v7 as uuid } from 'uuid'
import { openBroker } from '../../src/lib/adapters/brokers/registry.ts'
import { migrateDown, migrateUp } from '../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import type { Broker } from '../../src/lib/ports/broker.ts'
import type { Database } from '../../src/lib/ports/database.ts'
import { outbox } from '../../src/lib/workloads/meetups/post/tables.ts'
import { outgoing, positions, relayTables } from '../../src/lib/workloads/meetups/relay.ts'
import { startRelay } from '../../src/lib/workloads/shared/outbox/relay.ts'

const owner = 'benchrelay'
const tables = [outbox, ...relayTables]
/** Single events, one by one: their delays. Then events as fast as writers commit them: the rate. */
const singles = { count: 200, everyMs: 20 }
const rounds = 3
const crowd = { writers: 4, commits: 50, rowsEach: 50 }

const ways = [
  { name: 'poll', isFollowing: false, isWoken: true },
  { name: 'poll, not woken', isFollowing: false, isWoken: false },
  { name: 'log', isFollowing: true, isWoken: false },
] as const

/** Writes events, and says when the broker had acknowledged which. */
async function measure(database: Database, broker: Broker, topic: string, way: (typeof ways)[number]) {
  const committed = new Map<string, number>()
  const published = new Map<string, number>()
  const noting: Broker = {
    ...broker,
    async publish(name, messages) {
      await broker.publish(name, messages)
      for (const { key } of messages) published.set(key, performance.now())
    },
  }
  const { store, rowLog } = database
  const relay = startRelay({
    store,
    outbox: { ...outgoing, topic },
    openBroker: async () => noting,
    onError: (error) => process.stderr.write(`${error.message}\n`),
    onPublished: () => {},
    log: way.isFollowing ? { rowLog: rowLog!, positions } : undefined,
  })
  const write = async (count: number) => {
    const rows = Array.from({ length: count }, () => ({
      id: uuid(),
      aggregate: uuid(),
      event: '{"type":"post-created"}',
    }))
    await store.insert(
      outbox,
      rows.map((row) => ({ ...row, type: 'post-created' as const, published_at: 0 })),
    )
    const now = performance.now()
    for (const { aggregate } of rows) committed.set(aggregate, now)
    if (way.isWoken) relay.wake()
  }
  const finish = async () => {
    while (published.size < committed.size) await sleep(1)
  }
  // The log is open by then.
  for (let n = 0; n < 50; n++) await write(1).then(() => sleep(20))
  await finish()
  committed.clear()
  published.clear()
  for (let n = 0; n < singles.count; n++) await write(1).then(() => sleep(singles.everyMs))
  await finish()
  const delays = [...committed].map(([key, at]) => Math.max(0, published.get(key)! - at))
  committed.clear()
  published.clear()
  const start = performance.now()
  await Promise.all(
    Array.from({ length: crowd.writers }, async () => {
      for (let n = 0; n < crowd.commits; n++) await write(crowd.rowsEach)
    }),
  )
  await finish()
  const rate = committed.size / ((performance.now() - start) / 1000)
  await relay.close()
  return { rate, delays }
}

type Measured = Awaited<ReturnType<typeof measure>>

/** The row of a way. */
function describeWay(server: string, way: string, all: readonly Measured[]): string {
  const at = (values: readonly number[], share: number) =>
    values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
  const rate = at(
    all.map((one) => one.rate),
    0.5,
  )
  const delays = all.flatMap((one) => one.delays)
  const [p50, p99] = [at(delays, 0.5), at(delays, 0.99)]
  return `| ${server} | ${way} | ${Math.round(rate).toLocaleString('en')} | ${p50.toFixed(1)} ms | ${p99.toFixed(1)} ms |\n`
}

const url = (name: string) => process.env[`RUSHBENCH_TEST_${name}_URL`]
const brokerUrl = url('NATS')
if (brokerUrl === undefined) throw new Error('Say where the servers are: eval "$(dev/services env)"')
process.stdout.write(
  `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}, ${new Date().toISOString().slice(0, 10)}\n` +
    '| database | relay | events a second | delay p50 | delay p99 |\n| --- | --- | --- | --- | --- |\n',
)
await using broker = await openBroker(brokerUrl)
const topic = `bench-relay-${randomUUID()}`
for (const server of ['MYSQL', 'POSTGRES']) {
  await using database = await connectDatabase(url(server)!, { poolSize: 8 })
  await migrateDown(database, owner, tables)
  await migrateUp(database, owner, tables)
  try {
    const reason = (await database.rowLog?.unavailable()) ?? null
    if (reason !== null) throw new Error(`${server}: ${reason}`)
    const measured = ways.map((): Measured[] => [])
    for (let round = 0; round < rounds; round++)
      for (const [n, way] of ways.entries()) measured[n]!.push(await measure(database, broker, topic, way))
    const { name, version } = database.engine
    for (const [n, way] of ways.entries())
      process.stdout.write(describeWay(`${name} ${version}`, way.name, measured[n]!))
  } finally {
    await migrateDown(database, owner, tables)
  }
}
const connection = await connect({ servers: brokerUrl })
await (await jetstreamManager(connection)).streams.delete(topic)
await connection.close()
