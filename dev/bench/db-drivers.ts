import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createConnection, type Connection } from 'mysql2'
import { Client } from 'pg'
import { openDatabaseClient } from '../../src/lib/adapters/databases/registry.ts'
import { formatCount, formatNumber, formatTable } from '../../src/lib/base/format.ts'
import type { StatementProtocol } from '../../src/lib/ports/database-client.ts'
import { formatRange, measureInTurns, median } from './figures.ts'

// What a statement costs in this process, by our connections and by drivers that are called in a bare loop: on each
// connection one statement after the other, all connections at once. All take turns. Usage:
// npm run bench:drivers -- [statements a connection] [repeats] [folder in which npm installed mariadb and postgres]

const [statementsGiven, repeatsGiven, folder] = process.argv.slice(2)
const statements = Number(statementsGiven ?? 1000)
const repeats = Number(repeatsGiven ?? 7)
const rows = 10_000
const rangeRows = 100

const mysqlUrl = process.env['RUSHBENCH_TEST_MYSQL_URL'] ?? 'mysql://rushbench:rushbench@127.0.0.1:33306/rushbench'
const postgresUrl =
  process.env['RUSHBENCH_TEST_POSTGRES_URL'] ?? 'postgres://rushbench:rushbench@127.0.0.1:35432/rushbench'

/** One way to send statements. */
interface Way {
  readonly name: string
  /** Sends a statement on the connection of that number; resolves with the rows that it gave. */
  ask(connection: number, sql: string, values: number[]): Promise<unknown>
  close(): Promise<unknown>
}

/** One piece of work, the same for all ways. */
interface Work {
  readonly name: string
  readonly sql: string
  readonly values: () => number[]
  /** So many times fewer statements, since each takes longer. */
  readonly weight: number
}

const someKey = (most: number): number => 1 + Math.floor(Math.random() * most)

function worksOf(first: string, second: string): Work[] {
  return [
    {
      name: 'one row by its key',
      sql: `select c from drivers_bench where id = ${first}`,
      values: () => [someKey(rows)],
      weight: 1,
    },
    {
      name: `${rangeRows} rows`,
      sql: `select id, k, c from drivers_bench where id between ${first} and ${second}`,
      values: () => {
        const from = someKey(rows - rangeRows)
        return [from, from + rangeRows - 1]
      },
      weight: 10,
    },
  ]
}

/** All of them at once, one for each connection. */
function times<T>(count: number, open: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, open))
}

async function ours(url: string, connections: number, protocol: StatementProtocol): Promise<Way> {
  const client = await openDatabaseClient(url, { protocol, readOnly: false })
  const opened = await times(connections, () => client.open())
  return {
    name: `ours, ${protocol}`,
    ask: async (at, sql, parameters) => (await opened[at]!.run({ sql, parameters })).rows,
    close: async () => client[Symbol.asyncDispose](),
  }
}

async function mysql2(connections: number, method: 'execute' | 'query'): Promise<Way> {
  const opened = await times(connections, async () => createConnection(mysqlUrl))
  return {
    name: `mysql2, ${method}`,
    ask: (at, sql, values) =>
      new Promise((resolve, reject) => {
        const done = (error: Error | null, found: unknown): void => {
          if (error) reject(error)
          else resolve(found)
        }
        if (method === 'execute') opened[at]!.execute(sql, values, done)
        else opened[at]!.query(sql, values, done)
      }),
    close: () => Promise.all(opened.map((connection: Connection) => connection.promise().end())),
  }
}

async function pg(connections: number, given: { readonly name?: string; readonly pipelined?: true }): Promise<Way> {
  const { name, pipelined } = given
  // Who pipelines has one connection for all of them.
  const opened = await times(pipelined ? 1 : connections, async () => {
    const client = new Client({ connectionString: postgresUrl, ...(pipelined && { pipeline: true }) })
    await client.connect()
    return client
  })
  return {
    name: `pg, ${name === undefined ? 'without names' : 'named'}${pipelined ? ', one pipeline' : ''}`,
    ask: async (at, text, values) => {
      const query = name === undefined ? { text, values } : { name: `${name}${text.length}`, text, values }
      return (await opened[pipelined ? 0 : at]!.query(query)).rows
    },
    close: () => Promise.all(opened.map((client) => client.end())),
  }
}

interface OtherMariadb {
  execute(sql: string, values: number[]): Promise<unknown>
  query(sql: string, values: number[]): Promise<unknown>
  end(): Promise<void>
}

/** A package that is installed elsewhere: neither is kept. */
function installed(name: string): unknown {
  return folder === undefined ? null : createRequire(join(folder, 'package.json'))(name)
}

async function mariadb(connections: number, method: 'execute' | 'query'): Promise<Way | null> {
  const driver = installed('mariadb') as { createConnection(url: string): Promise<OtherMariadb> } | null
  if (!driver) return null
  const opened = await times(connections, () => driver.createConnection(mysqlUrl.replace('mysql:', 'mariadb:')))
  return {
    name: `mariadb, ${method}`,
    ask: (at, sql, values) => opened[at]![method](sql, values),
    close: () => Promise.all(opened.map((connection) => connection.end())),
  }
}

interface OtherPostgres {
  unsafe(sql: string, values: number[], options: { prepare: boolean }): Promise<unknown>
  end(): Promise<void>
}

async function porsager(connections: number): Promise<Way | null> {
  const connect = installed('postgres') as ((url: string, options: { max: number }) => OtherPostgres) | null
  if (!connect) return null
  const opened = await times(connections, async () => connect(postgresUrl, { max: 1 }))
  return {
    name: 'postgres, prepared',
    ask: (at, sql, values) => opened[at]!.unsafe(sql, values, { prepare: true }),
    close: () => Promise.all(opened.map((sql) => sql.end())),
  }
}

interface Measured {
  readonly rate: number
  /** Processor time of this process, us a statement. */
  readonly cost: number
}

async function measure({ ask }: Way, work: Work, connections: number): Promise<Measured> {
  const each = Math.ceil(statements / work.weight)
  const startedAt = performance.now()
  const before = process.cpuUsage()
  await Promise.all(
    Array.from({ length: connections }, async (_, at) => {
      for (let sent = 0; sent < each; sent++) {
        const found = (await ask(at, work.sql, work.values())) as { length: number }
        if (found.length !== (work.weight === 1 ? 1 : rangeRows)) throw new Error(`${found.length} rows`)
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  const all = connections * each
  return { rate: (1000 * all) / (performance.now() - startedAt), cost: (user + system) / all }
}

/** The first way is what the others are held against. */
async function bench(engine: string, connections: number, given: readonly (Way | null)[], works: readonly Work[]) {
  const ways = given.filter((way) => way !== null)
  const table: string[][] = []
  for (const work of works) {
    for (const way of ways) await measure(way, work, connections)
    const results = await measureInTurns(
      `${engine}, ${work.name}`,
      repeats,
      ways.map((way) => () => measure(way, work, connections)),
    )
    for (const [at, measured] of results.entries()) {
      const ratios = measured.map(({ cost }, round) => cost / (results[0]?.[round]?.cost ?? Number.NaN))
      table.push([
        engine,
        work.name,
        ways[at]?.name ?? '',
        `${formatCount(median(measured.map(({ rate }) => rate)))} /s`,
        `${formatNumber(median(measured.map(({ cost }) => cost)))} us`,
        formatNumber(median(ratios)),
        formatRange(ratios),
      ])
    }
  }
  for (const way of ways) await way.close()
  return table
}

async function fill(url: string, statementsOf: readonly string[]): Promise<void> {
  await using client = await openDatabaseClient(url, { protocol: 'text', readOnly: false })
  const connection = await client.open()
  for (const sql of statementsOf) await connection.run({ sql })
}

const columns = "(id int primary key, k int not null, c char(120) not null default '')"
const insert = 'insert into drivers_bench select n.i, n.i, repeat'
const drop = 'drop table if exists drivers_bench'
const create = [drop, `create table drivers_bench ${columns}`]
await fill(mysqlUrl, [...create, `${insert}('x', 120) from (select seq as i from seq_1_to_${rows}) n`])
await fill(postgresUrl, [...create, `${insert}('x', 120) from generate_series(1, ${rows}) n (i)`])

const [ofMysql, ofPostgres] = [16, 8]
const table = [
  ...(await bench(
    'MariaDB',
    ofMysql,
    [
      await mysql2(ofMysql, 'execute'),
      await mysql2(ofMysql, 'query'),
      await mariadb(ofMysql, 'execute'),
      await mariadb(ofMysql, 'query'),
      await ours(mysqlUrl, ofMysql, 'prepared'),
      await ours(mysqlUrl, ofMysql, 'text'),
    ],
    worksOf('?', '?'),
  )),
  ...(await bench(
    'PostgreSQL',
    ofPostgres,
    [
      await pg(ofPostgres, { name: 'bench' }),
      await pg(ofPostgres, {}),
      await pg(ofPostgres, { name: 'bench', pipelined: true }),
      await porsager(ofPostgres),
      await ours(postgresUrl, ofPostgres, 'prepared'),
      await ours(postgresUrl, ofPostgres, 'text'),
    ],
    worksOf('$1', '$2'),
  )),
]
await fill(mysqlUrl, [drop])
await fill(postgresUrl, [drop])
console.log(
  `${ofMysql} connections to MariaDB, ${ofPostgres} to PostgreSQL, medians of ${repeats} rounds; processor time of this process, and its ratio to the first way`,
)
console.log(formatTable(['engine', 'work', 'way', 'rate', 'CPU', 'ratio', 'range'], table, [3, 4, 5, 6]))
