import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { formatNumber, formatTable } from '../../src/lib/base/format.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { formatRange, isInstalled, measureInTurns, median } from './figures.ts'

// Loads of databases by rushbench beside sysbench and pgbench: the same statements on the same tables of the same server, in
// turns. Needs the servers of dev/services, sysbench and pgbench (Debian: sysbench, postgresql-contrib).
// Usage: npm run bench:db -- [seconds a run] [rounds] [work ...]

const [secondsGiven, roundsGiven, ...wanted] = process.argv.slice(2)
const seconds = Number(secondsGiven ?? 10)
const rounds = Number(roundsGiven ?? 5)

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const folder = await mkdtemp(join(tmpdir(), 'rushbench-db-'))

const mysql = new URL(
  process.env['RUSHBENCH_TEST_MYSQL_URL'] ?? 'mysql://rushbench:rushbench@127.0.0.1:33306/rushbench',
)
const postgres = new URL(
  process.env['RUSHBENCH_TEST_POSTGRES_URL'] ?? 'postgres://rushbench:rushbench@127.0.0.1:35432/rushbench',
)
const tableRows = 100_000
const scale = 10

/** One run: transactions a second, the processor time of the client in cores, and latencies in us where they are known. */
interface Figures {
  readonly rate: number
  readonly cores: number
  readonly p50: number
  readonly p99: number
}

interface Work {
  readonly name: string
  readonly peer: string
  readonly goal: string
  theirs(): Promise<Figures>
  ours(): Promise<Figures>
}

/** Runs a program in the folder; its output, and the cores that it kept busy. */
async function timed(
  program: string,
  args: readonly string[],
): Promise<{ readonly text: string; readonly cores: number }> {
  const format = 'TIMEFORMAT="%R %U %S"; time "$0" "$@"'
  const { stdout, stderr } = await run('bash', ['-c', format, program, ...args], { cwd: folder, maxBuffer: 1e9 })
  const [real = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  return { text: stdout, cores: (user + system) / real }
}

async function rushbench(...args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [entryPoint, ...args], { cwd: folder, maxBuffer: 1e9 })).stdout
}

/** Ends in any way: a run that is not valid has figures as well, which say what limited them. */
async function load(url: URL, ...args: readonly string[]): Promise<Figures> {
  const common = ['load', '--db', url.toString(), '--duration', `${seconds}s`, '--json', ...args]
  const text = await rushbench(...common).catch((error: { readonly stdout: string }) => error.stdout)
  const { load: result, generator, audit } = JSON.parse(text) as LoadReport
  if (audit?.passed === false || result.failures > 0)
    throw new Error(`failures, or a wrong audit: ${text.slice(0, 2000)}`)
  const { p50, p99 } = result.responseTime
  const threads = generator.threads ?? [generator]
  const cores = threads.reduce((sum, { cpuPercent }) => sum + cpuPercent / 100, 0)
  return { rate: result.rps, cores, p50: (p50 ?? NaN) * 1000, p99: (p99 ?? NaN) * 1000 }
}

async function sysbench(test: string): Promise<Figures> {
  const { hostname, port, username, password, pathname } = mysql
  const server = [`--mysql-host=${hostname}`, `--mysql-port=${port}`, `--mysql-user=${username}`]
  const database = [`--mysql-password=${password}`, `--mysql-db=${pathname.slice(1)}`]
  const size = ['--tables=1', `--table-size=${tableRows}`, '--threads=16', `--time=${seconds}`]
  const { text, cores } = await timed('sysbench', [test, ...server, ...database, ...size, 'run'])
  const rate = Number(/transactions:\s+\d+\s+\(([\d.]+) per sec/.exec(text)?.[1])
  return { rate, cores, p50: NaN, p99: NaN }
}

/** With `--rate`, latencies count from when a transaction was scheduled, as ours do. */
async function pgbench(...args: readonly string[]): Promise<Figures> {
  for (const file of await readdir(folder)) if (file.startsWith('pgbench_log')) await rm(join(folder, file))
  const flags = ['-n', '-M', 'prepared', '-c', '8', '-T', String(seconds), '--log', ...args, postgres.toString()]
  const { text, cores } = await timed('pgbench', flags)
  const rate = Number(/tps = ([\d.]+)/.exec(text)?.[1])
  const files = (await readdir(folder)).filter((file) => file.startsWith('pgbench_log'))
  const logs = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  const times = logs.flatMap((log) =>
    log
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2])),
  )
  const sorted = Float64Array.from(times).toSorted()
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN
  return { rate, cores, p50: at(0.5), p99: at(0.99) }
}

const oltp = (mix: string, threads: number) => () =>
  load(
    mysql,
    '--workload',
    'oltp',
    '--mix',
    mix,
    '--table-rows',
    String(tableRows),
    '--users',
    '16',
    '--threads',
    String(threads),
  )
const tpcb = (mix: string, threads: number) => () =>
  load(
    postgres,
    '--workload',
    'tpcb',
    '--mix',
    mix,
    '--scale',
    String(scale),
    '--users',
    '8',
    '--threads',
    String(threads),
  )

const works: readonly Work[] = [
  {
    name: 'point-select, one thread',
    peer: 'sysbench',
    goal: '>= 0.6',
    theirs: () => sysbench('oltp_point_select'),
    ours: oltp('point-select', 1),
  },
  {
    name: 'point-select, two threads',
    peer: 'sysbench',
    goal: '>= 0.8',
    theirs: () => sysbench('oltp_point_select'),
    ours: oltp('point-select', 2),
  },
  {
    name: 'read-write',
    peer: 'sysbench',
    goal: '>= 0.8',
    theirs: () => sysbench('oltp_read_write'),
    ours: oltp('read-write', 1),
  },
  { name: 'tpcb', peer: 'pgbench', goal: '>= 0.85', theirs: () => pgbench(), ours: tpcb('tpcb', 1) },
  { name: 'select-only', peer: 'pgbench', goal: '>= 0.5', theirs: () => pgbench('-S'), ours: tpcb('select-only', 1) },
]

async function row({ name, peer, goal, theirs, ours }: Work): Promise<string[]> {
  const [others = [], own = []] = await measureInTurns(name, rounds, [theirs, ours])
  const ratios = own.map(({ rate }, round) => rate / (others[round]?.rate ?? NaN))
  const cores = (all: readonly Figures[]) => formatNumber(median(all.map((one) => one.cores)))
  const rate = (all: readonly Figures[]) => formatNumber(median(all.map((one) => one.rate)))
  return [
    name,
    peer,
    rate(others),
    rate(own),
    formatNumber(median(ratios)),
    formatRange(ratios),
    goal,
    cores(others),
    cores(own),
  ]
}

/** At half of what pgbench made, both by a schedule: the latencies beside each other. */
async function scheduledRows(): Promise<string[][]> {
  const rate = String(Math.round((await pgbench()).rate / 2))
  const scheduled = () =>
    load(
      postgres,
      '--workload',
      'tpcb',
      '--scale',
      String(scale),
      '--rate',
      `${rate}/s`,
      '--db-pool',
      '8',
      '--arrivals',
      'poisson',
    )
  const [others = [], own = []] = await measureInTurns(`tpcb at ${rate}/s`, rounds, [
    () => pgbench('--rate', rate),
    scheduled,
  ])
  return (['p50', 'p99'] as const).map((figure) => {
    const [theirs, mine] = [others, own].map((all) => median(all.map((one) => one[figure]))) as [number, number]
    return [
      `tpcb at ${rate}/s`,
      figure,
      `${formatNumber(theirs)} us`,
      `${formatNumber(mine)} us`,
      formatNumber(mine / theirs),
    ]
  })
}

try {
  for (const program of ['sysbench', 'pgbench']) {
    if (!(await isInstalled(program))) throw new Error(`${program} is not installed`)
  }
  console.log(
    `${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
  )
  const chosen = works.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))
  await rushbench(
    'migrate',
    '--fill',
    '--workload',
    'oltp',
    '--table-rows',
    String(tableRows),
    '--db',
    mysql.toString(),
  )
  await rushbench('migrate', '--fill', '--workload', 'tpcb', '--scale', String(scale), '--db', postgres.toString())
  const table: string[][] = []
  for (const work of chosen) table.push(await row(work))
  console.log(`transactions a second, medians of ${rounds} rounds of ${seconds} s in turns; ratio = rushbench / peer`)
  const head = ['work', 'peer', 'theirs', 'ours', 'ratio', 'range', 'goal', 'their cores', 'our cores']
  console.log(formatTable(head, table, [2, 3, 4, 7, 8]))
  if (wanted.length === 0 || wanted.includes('scheduled')) {
    console.log(
      formatTable(['by a schedule', 'latency', 'pgbench', 'rushbench', 'ratio'], await scheduledRows(), [2, 3, 4]),
    )
  }
} finally {
  await rushbench('migrate', '--down', '--workload', 'oltp', '--db', mysql.toString()).catch(() => {})
  await rushbench('migrate', '--down', '--workload', 'tpcb', '--db', postgres.toString()).catch(() => {})
  await rm(folder, { recursive: true, force: true })
}
