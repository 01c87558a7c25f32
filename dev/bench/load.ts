import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createHistogram, recordMs } from '../../src/lib/base/measure/histogram.ts'
import { formatCount, formatNumber, formatTable } from '../../src/lib/base/format.ts'
import type { LoadReport } from '../../src/lib/record/record.ts'
import { formatRange, isInstalled, measureInTurns, median } from './figures.ts'
import type { ClientCost, ClientJob } from './load/client.ts'
import { startNginx } from './load/nginx.ts'
import { loadPrograms, timeWrk, type LoadProgram } from './load/programs.ts'

// Measures what a request costs the generator: our client against other clients of Node, and against whole load generators, each
// on one core with nginx on the other. Usage: npm run bench:load -- [rounds] [seconds] [part ...],
// where the parts are small, calendar, saturation, users, threads, workers and recording; all unless some are named.
// Needs nginx and taskset (Debian: apt-get install nginx-light util-linux). A peer that is missing is left out:
//   wrk: apt-get install wrk; hey: go install github.com/rakyll/hey@latest; k6: go install go.k6.io/k6@latest;
//   Locust: pip install locust

const clientCore = '0'
const serverCore = '1'
const [roundsGiven, secondsGiven, ...parts] = process.argv.slice(2)
const rounds = Number(roundsGiven ?? 5)
const seconds = Number(secondsGiven ?? 4)
const connections = 100

interface Page {
  readonly name: string
  readonly bytes: number
  /** The most of a peer's processor time that we may take, */
  readonly cpuGoals: Readonly<Record<'autocannon' | 'undici', number>>
  /** and the least of its rate that we must reach. */
  readonly rateGoals: Readonly<Record<string, number>>
}

const pages: readonly Page[] = [
  { name: 'small', bytes: 1700, cpuGoals: { autocannon: 0.6, undici: 0.5 }, rateGoals: { hey: 1.3 } },
  { name: 'calendar', bytes: 110_000, cpuGoals: { autocannon: 0.4, undici: 0.4 }, rateGoals: { hey: 1 } },
]

/** Users that wait most of the time, which many connections at a time say nothing of. */
const pacedGoals = [
  { page: 'calendar', users: 3000, everyMs: 2680, cpuPercent: 25, maxRssMb: 130 },
  { page: 'small', users: 15_000, everyMs: 10_000, cpuPercent: 90, maxRssMb: 300 },
] as const

const recordingGoalNs = 60
const sharedGoal = 1.8

const run = promisify(execFile)
const clientFile = fileURLToPath(new URL('load/client.ts', import.meta.url))

async function measureClient(job: ClientJob): Promise<ClientCost> {
  const { stdout } = await run('taskset', ['-c', clientCore, process.execPath, clientFile, JSON.stringify(job)])
  return JSON.parse(stdout) as ClientCost
}

type Cost = Pick<ClientCost, 'requests' | 'seconds' | 'cpuSeconds'>

const usPerRequest = ({ cpuSeconds, requests }: Cost): number => (cpuSeconds * 1e6) / requests
const perSecond = (cost: Cost): number => cost.requests / cost.seconds
const percentOf = (values: readonly number[], base: readonly number[]): number[] =>
  values.map((value, round) => value / (base[round] ?? NaN))

/** A line of the table: in every round, ours stands beside the peer's figure of the same round. */
function compare(work: string, peer: string, unit: string, ours: number[], theirs: number[], goal: string): string[] {
  const ratios = percentOf(ours, theirs)
  const figure = (values: readonly number[]): string => `${formatNumber(median(values))} ${unit}`
  return [work, peer, figure(theirs), figure(ours), formatNumber(median(ratios)), formatRange(ratios), goal]
}

async function benchPage(origin: string, page: Page, programs: readonly LoadProgram[]): Promise<string[][]> {
  const url = `${origin}/${page.name}`
  const job = { url, seconds, connections, everyMs: 0 }
  const clients = ['ours', 'autocannon', 'undici'] as const
  const costs = await measureInTurns(
    `${page.name}, clients`,
    rounds,
    clients.map((client) => () => measureClient({ ...job, client })),
  )
  const [ours = [], ...theirs] = costs.map((cost) => cost.map(usPerRequest))
  const rates = await measureInTurns(`${page.name}, programs`, rounds, [
    async () => perSecond(await measureClient({ ...job, client: 'ours' })),
    ...programs.map((program) => () => program.measure(clientCore, url, connections, seconds)),
  ])
  const [ourRates = [], ...theirRates] = rates
  const work = `${formatNumber(page.bytes / 1000)} kB`
  return [
    ...(['autocannon', 'undici'] as const).map((peer, at) =>
      compare(`${work}, CPU a request`, peer, 'us', ours, theirs[at] ?? [], `<= ${page.cpuGoals[peer]}`),
    ),
    ...programs.map(({ name }, at) => {
      const goal = page.rateGoals[name]
      return compare(`${work}, rate`, name, '/s', ourRates, theirRates[at] ?? [], goal ? `>= ${goal}` : '')
    }),
  ]
}

/** Measures `load --request`, engine and all, beside others that send one request over and over. */
async function benchSaturation(origin: string): Promise<string[][]> {
  const url = `${origin}/small`
  const measureOne = (client: ClientJob['client']) => (): Promise<Cost> =>
    measureClient({ url, seconds, connections, everyMs: 0, client })
  const hasWrk = await isInstalled('wrk')
  const peers = [
    { peer: 'autocannon', measure: measureOne('autocannon') },
    ...(hasWrk ? [{ peer: 'wrk', measure: () => timeWrk(clientCore, url, connections, seconds) }] : []),
  ]
  const [ours = [], ...theirs] = await measureInTurns('saturation', rounds, [
    measureOne('saturation'),
    ...peers.map(({ measure }) => measure),
  ])
  const lines = (what: string, unit: string, figure: (cost: Cost) => number): string[][] =>
    peers.map(({ peer }, at) =>
      compare(`saturation, 1.70 kB, ${what}`, peer, unit, ours.map(figure), (theirs[at] ?? []).map(figure), ''),
    )
  return [...lines('CPU a request', 'us', usPerRequest), ...lines('rate', '/s', perSecond)]
}

async function benchPaced(origin: string): Promise<string[][]> {
  const rows: string[][] = []
  for (const { page, users, everyMs, cpuPercent, maxRssMb } of pacedGoals) {
    const job = { url: `${origin}/${page}`, seconds: Math.max(20, seconds), connections: users, everyMs }
    const clients = ['ours', 'undici'] as const
    const [ours = [], theirs = []] = await measureInTurns(
      `${users} users`,
      Math.min(rounds, 3),
      clients.map((client) => () => measureClient({ ...job, client })),
    )
    const work = `${formatCount(users)} users, ${page}`
    const percent = ({ cpuSeconds, seconds: elapsed }: ClientCost): number => (100 * cpuSeconds) / elapsed
    const memory = (cost: ClientCost): number => cost.maxRssMb
    rows.push(
      compare(`${work}, core`, 'undici', '%', ours.map(percent), theirs.map(percent), `${cpuPercent}%`),
      compare(`${work}, memory`, 'undici', 'MB', ours.map(memory), theirs.map(memory), `${maxRssMb} MB`),
      [`${work}, kept up`, '', '', verdictOn(ours), '', '', 'yes'],
    )
  }
  return rows
}

const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const computing = fileURLToPath(new URL('load/compute.ts', import.meta.url))
const signing = fileURLToPath(new URL('load/signing-scenario.ts', import.meta.url))

/** Requests a second of users who have work of their own to do for each, as fast as they can. */
async function measureShared(origin: string, generators: '--threads' | '--workers', count: number): Promise<number> {
  const args = ['--scenario', signing, '--target', origin, '--users', '64', '--duration', `${seconds + 2}s`]
  const all = [entryPoint, 'load', ...args, generators, String(count), '--reports', folder, '--json']
  // It ends with 5, since it is busy all the time, as it is meant to be here.
  const { stdout } = await run(process.execPath, all, { maxBuffer: 1e8 }).catch((error: { stdout: string }) => error)
  const { load } = JSON.parse(stdout) as LoadReport
  if (load.failures > 0) throw new Error(`${load.failures} failures: ${JSON.stringify(load.failureReasons)}`)
  return load.rps
}

/** Rate of processes that only compute, all together: what the machine's second core is worth. */
async function measureProcesses(count: number): Promise<number> {
  const one = () => run(process.execPath, [computing, String(seconds * 1000)])
  const outputs = await Promise.all(Array.from({ length: count }, one))
  return outputs.reduce((sum, { stdout }) => sum + Number(stdout), 0) / seconds
}

/** On both cores, of which the server needs little. */
async function benchShared(origin: string, maker: 'thread' | 'worker'): Promise<string[][]> {
  const [one = [], two = [], alone = [], beside = []] = await measureInTurns(`${maker}s`, rounds, [
    () => measureShared(origin, `--${maker}s`, 1),
    () => measureShared(origin, `--${maker}s`, 2),
    () => measureProcesses(1),
    () => measureProcesses(2),
  ])
  return [
    compare(`signed answers, two ${maker}s`, `one ${maker}`, '/s', two, one, `>= ${sharedGoal}`),
    compare('nothing but signing, two processes', 'one process', '/s', beside, alone, ''),
  ]
}

function verdictOn(costs: readonly ClientCost[]): string {
  return costs.flatMap(({ complaints }) => complaints)[0] ?? 'yes'
}

/** Latencies of all sizes up to a second, recorded as fast as they come. */
function benchRecording(): string[] {
  const latencies = Array.from({ length: 4096 }, (_, i) => 1000 ** (i / 4095))
  const times = Array.from({ length: rounds }, () => {
    const histogram = createHistogram()
    const startedAt = performance.now()
    for (let repeat = 0; repeat < 500; repeat++) for (const latency of latencies) recordMs(histogram, latency)
    return ((performance.now() - startedAt) * 1e6) / histogram.totalCount
  })
  return ['recording a latency', '', '', `${formatNumber(median(times))} ns`, '', '', `${recordingGoalNs} ns`]
}

async function installedOf(programs: readonly LoadProgram[]): Promise<LoadProgram[]> {
  const there: LoadProgram[] = []
  for (const program of programs) {
    if (await isInstalled(program.name)) there.push(program)
    else console.log(`not measured: ${program.name}, which is missing`)
  }
  return there
}

const folder = await mkdtemp(join(tmpdir(), 'rushbench-load-'))
try {
  const programs = await installedOf(loadPrograms(folder))
  const files = Object.fromEntries([
    ...pages.map(({ name, bytes }) => [name, Buffer.alloc(bytes, 'x')]),
    ['healthz', Buffer.from('{}')],
  ])
  await using nginx = await startNginx(serverCore, files)
  const rows: string[][] = []
  const wants = (part: string): boolean => parts.length === 0 || parts.includes(part)
  for (const page of pages) if (wants(page.name)) rows.push(...(await benchPage(nginx.origin, page, programs)))
  if (wants('saturation')) rows.push(...(await benchSaturation(nginx.origin)))
  if (wants('users')) rows.push(...(await benchPaced(nginx.origin)))
  if (wants('threads')) rows.push(...(await benchShared(nginx.origin, 'thread')))
  if (wants('workers')) rows.push(...(await benchShared(nginx.origin, 'worker')))
  if (wants('recording')) rows.push(benchRecording())
  console.log(`medians of ${rounds} rounds of ${seconds} s, ${connections} connections; ratio = ours / peer`)
  console.log(formatTable(['work', 'peer', 'peer', 'ours', 'ratio', 'range', 'goal'], rows, [2, 3, 4, 5, 6]))
} finally {
  await rm(folder, { recursive: true, force: true })
}
