import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connectDatabase } from '../../src/lib/adapters/databases/registry.ts'
import { formatCount, formatNumber, formatTable } from '../../src/lib/base/format.ts'
import type { SeedReport } from '../../src/lib/record/record.ts'
import { createBlockSource } from '../../src/lib/seeding/blocks.ts'
import { planReservations, reservationSeeding } from '../../src/lib/workloads/vaccination/seeding.ts'
import { formatRange, measureInTurns, median } from './figures.ts'

// Our bulk loading against each engine's own client with a file that is ready before its clock starts. Runs of both
// take turns, so that the machine's moods hit them alike. Usage: npm run bench:bulk -- [rows] [repeats] [engine ...]

interface Peer {
  readonly engine: string
  readonly name: string
  readonly url: string
  /** Makes the program, where nobody installs it. */
  readonly build?: readonly [program: string, args: readonly string[]]
  /** Connections of ours, with the ratio that is asked for on each. */
  readonly goals: readonly (readonly [connections: number, ratio: number])[]
  /** Loads the file; its whole run is timed. */
  command(file: string): readonly [program: string, args: readonly string[]]
}

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const [rowsGiven, repeatsGiven, ...wanted] = process.argv.slice(2)
const rows = Number(rowsGiven ?? 1_000_000)
const repeats = Number(repeatsGiven ?? 5)
const folder = await mkdtemp(join(tmpdir(), 'rushbench-bulk-'))

function serverUrl(variable: string, fallback: string): URL {
  return new URL(process.env[variable] ?? fallback)
}

const mysql = serverUrl('RUSHBENCH_TEST_MYSQL_URL', 'mysql://rushbench:rushbench@127.0.0.1:33306/rushbench')
const postgres = serverUrl('RUSHBENCH_TEST_POSTGRES_URL', 'postgres://rushbench:rushbench@127.0.0.1:35432/rushbench')
const mongodb = serverUrl('RUSHBENCH_TEST_MONGODB_URL', 'mongodb://127.0.0.1:37017/rushbench')
const sqliteFile = join(folder, 'bulk.db')
const goProgram = join(folder, 'mongodb-go')
const columns = 'id, ticket_id, schedule_id'

const peers: readonly Peer[] = [
  {
    engine: 'mariadb',
    name: 'mariadb, LOAD DATA',
    url: mysql.toString(),
    goals: [
      [1, 0.95],
      [2, 1.25],
    ],
    command: (file) => [
      'mariadb',
      [
        '--no-defaults',
        '--local-infile=1',
        '--protocol=tcp',
        `--host=${mysql.hostname}`,
        `--port=${mysql.port}`,
        `--user=${mysql.username}`,
        `--password=${mysql.password}`,
        mysql.pathname.slice(1),
        `--execute=load data local infile '${file}' into table reservations character set binary (${columns})`,
      ],
    ],
  },
  {
    engine: 'postgres',
    name: 'psql, COPY',
    url: postgres.toString(),
    goals: [
      [1, 0.95],
      [2, 1.2],
    ],
    command: (file) => [
      'psql',
      ['--no-psqlrc', '--quiet', postgres.toString(), `--command=\\copy reservations (${columns}) from '${file}'`],
    ],
  },
  {
    engine: 'sqlite',
    name: 'sqlite3, .import',
    url: `sqlite:${sqliteFile}`,
    goals: [[1, 2]],
    command: (file) => ['sqlite3', [sqliteFile, '.mode tabs', `.import ${file} reservations`]],
  },
  {
    engine: 'mongodb',
    name: 'mongoimport',
    url: mongodb.toString(),
    goals: [[1, 1]],
    command: (file) => [
      'mongoimport',
      [
        '--quiet',
        `--uri=${mongodb.toString()}`,
        '--collection=reservations',
        '--type=tsv',
        '--columnsHaveTypes',
        '--fields=_id.string(),ticket_id.string(),schedule_id.int64()',
        `--file=${file}`,
      ],
    ],
  },
  {
    engine: 'mongodb',
    name: 'Go driver, as mongoimport',
    url: mongodb.toString(),
    build: ['go', ['build', '-C', fileURLToPath(new URL('mongodb', import.meta.url)), '-o', goProgram, '.']],
    goals: [[1, 1]],
    command: (file) => [goProgram, [mongodb.toString(), file]],
  },
]

async function rushbench(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [entryPoint, ...args], { cwd: folder, maxBuffer: 1e8 })
  return stdout
}

async function makeEmpty(url: string): Promise<void> {
  // Pages that a dropped table leaves in a file are filled again in whatever order they were left.
  if (url.startsWith('sqlite:')) for (const end of ['', '-wal', '-shm']) await rm(sqliteFile + end, { force: true })
  else await rushbench('migrate', '--down', '--db', url)
  await rushbench('migrate', '--db', url)
  await rushbench('insert-schedules', '--db', url)
}

/** The very rows that ours will make. */
async function writeFileOfRows(url: string): Promise<string> {
  await makeEmpty(url)
  await using database = await connectDatabase(url, { poolSize: 1 })
  const choices = { seed: 'rushbench', keys: 'ascending', order: 'grouped', indexes: 'before' } as const
  const recipe = await planReservations(database, { rows }, choices)
  const { layout } = reservationSeeding
  const source = createBlockSource(recipe, layout.rowBytes, reservationSeeding.createWriter(recipe))
  const makeBlock = source.createMaker()
  function* bytes() {
    for (const plan of source.plans) for (const chunk of makeBlock(plan).chunks()) yield Buffer.from(chunk.bytes)
  }
  const file = join(folder, 'rows.tsv')
  await pipeline(Readable.from(bytes(), { objectMode: false }), createWriteStream(file))
  return file
}

async function timePeer(peer: Peer, file: string): Promise<number> {
  await makeEmpty(peer.url)
  const [program, args] = peer.command(file)
  const startedAt = performance.now()
  await run(program, args)
  const seconds = (performance.now() - startedAt) / 1000
  await using database = await connectDatabase(peer.url, { poolSize: 1 })
  const stored = await database.store.count(reservationSeeding.layout.table)
  if (stored !== rows) throw new Error(`${peer.name} stored ${stored} of ${rows} rows`)
  return seconds
}

async function timeOurs(url: string, connections: number): Promise<SeedReport> {
  await makeEmpty(url)
  const args = ['--rows', String(rows), '--connections', String(connections), '--db', url, '--json']
  const report = JSON.parse(await rushbench('insert-reservations', ...args)) as SeedReport
  if (report.rows !== rows) throw new Error(`stored ${report.rows} of ${rows} rows`)
  return report
}

/** Without what the peer leaves undone: on MongoDB, stock is counted once the rows are in. */
const loadSeconds = ({ seconds, finishSeconds = 0 }: SeedReport): number => seconds - finishSeconds

async function benchPeer(peer: Peer, file: string): Promise<string[][]> {
  const theirs: number[] = []
  const ours = peer.goals.map((): SeedReport[] => [])
  await measureInTurns(peer.engine, repeats, [
    async () => void theirs.push(await timePeer(peer, file)),
    ...peer.goals.map(
      ([connections], at) =>
        async () =>
          void ours[at]?.push(await timeOurs(peer.url, connections)),
    ),
  ])
  return peer.goals.map(([connections, goal], at) => {
    const reports = ours[at] ?? []
    const ratios = reports.map((report, round) => (theirs[round] ?? NaN) / loadSeconds(report))
    return [
      peer.engine,
      peer.name,
      formatCount(rows / median(theirs)),
      String(connections),
      formatCount(rows / median(reports.map(loadSeconds))),
      formatNumber(median(ratios)),
      formatRange(ratios),
      String(goal),
      `${formatCount(Math.max(...reports.map(({ maxRssMb }) => maxRssMb)))} MB`,
      reports[0]?.durability ?? '',
    ]
  })
}

/** Null, or what is missing. */
async function whatIsMissing({ build, command }: Peer): Promise<string | null> {
  const [program, args] = build ?? (['which', [command('')[0]]] as const)
  return run(program, args).then(
    () => null,
    () => (build ? 'Go' : command('')[0]),
  )
}

try {
  const file = await writeFileOfRows(`sqlite:${join(folder, 'source.db')}`)
  const table: string[][] = []
  for (const peer of peers.filter(({ engine }) => wanted.length === 0 || wanted.includes(engine))) {
    const missing = await whatIsMissing(peer)
    if (missing === null) table.push(...(await benchPeer(peer, file)))
    else console.log(`not measured: ${peer.name}, since ${missing} is missing`)
  }
  console.log(`${formatCount(rows)} rows, medians of ${repeats} rounds; rates in rows/s, ratio = ours / peer`)
  const head = ['engine', 'peer', 'peer', 'connections', 'ours', 'ratio', 'range', 'goal', 'memory', 'durability']
  console.log(formatTable(head, table, [2, 3, 4, 5, 6, 7, 8]))
} finally {
  await rm(folder, { recursive: true, force: true })
}
