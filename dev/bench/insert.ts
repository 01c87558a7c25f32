import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatLatency, formatNumber, formatTable } from '../../src/lib/base/format.ts'
import type { InsertBenchReport } from '../../src/lib/record/record.ts'
import { formatRange, measureInTurns, median } from './figures.ts'

// Single durable inserts by rushbench beside a C client with prepared statements, in turns, on the same table. Each engine
// needs a C compiler and the client's headers (Debian: libmariadb-dev, libpq-dev, libsqlite3-dev).
// Usage: npm run bench:insert -- [inserts] [rounds] [engine ...]

/** One run of either client: microseconds, inserts a second. */
interface Figures {
  readonly p50: number
  readonly p99: number
  readonly rate: number
}

interface Peer {
  readonly engine: string
  readonly url: string
  /** As the C client takes it. */
  readonly target: string
  /** Arguments of the compiler besides the source. */
  flags(): Promise<readonly string[]>
  readonly connections: readonly number[]
}

/** At the most: ours divided by the C client's. */
const goals = { p50: 1.1, p99: 1.25 } as const
/** At the least, at many connections. */
const rateGoal = 0.9

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const sources = fileURLToPath(new URL('insert', import.meta.url))
const [insertsGiven, roundsGiven, ...wanted] = process.argv.slice(2)
const inserts = Number(insertsGiven ?? 4000)
const rounds = Number(roundsGiven ?? 7)
const warmup = 500
const folder = await mkdtemp(join(tmpdir(), 'rushbench-insert-'))

const mysql = new URL(
  process.env['RUSHBENCH_TEST_MYSQL_URL'] ?? 'mysql://rushbench:rushbench@127.0.0.1:33306/rushbench',
)
const postgres = new URL(
  process.env['RUSHBENCH_TEST_POSTGRES_URL'] ?? 'postgres://rushbench:rushbench@127.0.0.1:35432/rushbench',
)
const sqliteFile = join(folder, 'insert.db')

async function wordsOf(program: string, ...args: readonly string[]): Promise<string[]> {
  return (await run(program, args)).stdout.trim().split(/\s+/)
}

const peers: readonly Peer[] = [
  {
    engine: 'mariadb',
    url: mysql.toString(),
    target: [mysql.hostname, mysql.port, mysql.username, mysql.password, mysql.pathname.slice(1)].join(' '),
    flags: () => wordsOf('mariadb_config', '--cflags', '--libs'),
    connections: [1, 4],
  },
  {
    engine: 'postgres',
    url: postgres.toString(),
    target: postgres.toString(),
    flags: async () => [`-I${(await wordsOf('pg_config', '--includedir')).join('')}`, '-lpq'],
    connections: [1, 4],
  },
  {
    engine: 'sqlite',
    url: `sqlite:${sqliteFile}`,
    target: sqliteFile,
    flags: async () => ['-lsqlite3'],
    connections: [1],
  },
]

async function rushbench(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [entryPoint, ...args], { cwd: folder, maxBuffer: 1e9 })).stdout
}

async function timeOurs(url: string, connections: number): Promise<Figures & { readonly control: number }> {
  const many = connections > 1 ? ['--concurrency', String(connections)] : []
  const args = ['--inserts', String(inserts), ...many, '--db', url, '--json']
  const report = JSON.parse(await rushbench('insert-reservation-bench', ...args)) as InsertBenchReport
  const [checkpoint] = report.checkpoints
  if (!checkpoint) throw new Error('nothing was measured')
  const { p50, p99, mean, insertsPerSecond, control } = checkpoint
  return { p50, p99, rate: insertsPerSecond ?? 1e6 / mean, control: control?.p50 ?? NaN }
}

async function benchPeer(peer: Peer): Promise<string[][]> {
  const program = join(folder, peer.engine)
  const flags = await peer.flags()
  await run('cc', ['-O2', '-o', program, join(sources, `${peer.engine}.c`), ...flags, '-lpthread'])
  const theirs = async (connections: number): Promise<Figures> => {
    const args = [peer.target, inserts, warmup, connections].map(String)
    return JSON.parse((await run(program, args)).stdout) as Figures
  }
  await rushbench('migrate', '--down', '--db', peer.url)
  await rushbench('migrate', '--db', peer.url)
  await rushbench('insert-schedules', '--capacity', '1000000', '--db', peer.url)
  await rushbench('insert-reservations', '--rows', '100k', '--db', peer.url)
  const rows: string[][] = []
  for (const connections of peer.connections) {
    const ours: Awaited<ReturnType<typeof timeOurs>>[] = []
    const others: Figures[] = []
    await measureInTurns(`${peer.engine}, ${connections}`, rounds, [
      async () => void others.push(await theirs(connections)),
      async () => void ours.push(await timeOurs(peer.url, connections)),
    ])
    const control = formatLatency(median(ours.map((one) => one.control)) / 1000)
    for (const figure of connections === 1 ? (['p50', 'p99'] as const) : (['rate'] as const)) {
      const ratios = ours.map((one, round) => one[figure] / (others[round]?.[figure] ?? NaN))
      const text = (values: readonly number[]): string =>
        figure === 'rate' ? `${formatNumber(median(values))}/s` : formatLatency(median(values) / 1000)
      const goal = figure === 'rate' ? `>= ${rateGoal}` : `<= ${goals[figure]}`
      const [own, other] = [ours, others].map((all) => text(all.map((one) => one[figure])))
      const ratio = [formatNumber(median(ratios)), formatRange(ratios)]
      rows.push([peer.engine, String(connections), figure, other ?? '', own ?? '', ...ratio, goal, control])
    }
  }
  return rows
}

try {
  const table: string[][] = []
  for (const peer of peers.filter(({ engine }) => wanted.length === 0 || wanted.includes(engine))) {
    const missing = await peer.flags().then(
      () => null,
      (error: Error) => error.message,
    )
    if (missing === null) table.push(...(await benchPeer(peer)))
    else console.log(`not measured: ${peer.engine}, since ${missing}`)
  }
  console.log(`${inserts} inserts a run, medians of ${rounds} rounds; ratio = rushbench / C`)
  const head = ['engine', 'connections', 'figure', 'C', 'rushbench', 'ratio', 'range', 'goal', 'control']
  console.log(formatTable(head, table, [1, 3, 4, 5, 6, 7, 8]))
} finally {
  await rm(folder, { recursive: true, force: true })
}
