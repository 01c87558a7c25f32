import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compareMetrics } from '../../src/lib/compare/compare-metrics.ts'
import type { Comparison } from '../../src/lib/compare/compare.ts'
import { createRandom } from '../../src/lib/base/random.ts'
import { formatShare, formatTable } from '../../src/lib/base/format.ts'
import * as simulated from '../../test/support/compare/simulated-runs.ts'
import { startMariadb, type Mariadb } from './compare/mariadb.ts'

// Measures how often `compare` is wrong. `node dev/bench/compare.ts simulated|real [row]`: both by default, and of the real runs all
// rows or the one that is named.

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const [which = 'both', onlyRow] = process.argv.slice(2)

const sameTrials = 1000
const slowTrials = 200
const slowdown = 1.1
const minEffect = 0.05

/** Verdicts over trials, as shares. */
interface Tally {
  readonly worse: number
  readonly better: number
  readonly inconclusive: number
}

function simulate(
  trials: number,
  pairs: number,
  factor: number,
  work: simulated.SimulatedWork,
  noise: simulated.SimulatedNoise,
): Tally {
  const tally = { worse: 0, better: 0, inconclusive: 0 }
  for (let trial = 0; trial < trials; trial++) {
    const random = createRandom(`${pairs} pairs, ${factor}, ${trial}`)
    const runs = simulated.simulatePairs(pairs, factor, work, noise, random)
    const metrics = compareMetrics(runs, { minEffect, paired: true, noise: new Map(), random })
    // Equal runs may alarm by any metric that gates; slower ones are to be found by their median.
    const counted = factor === 1 ? metrics.filter(({ gates }) => gates) : metrics.slice(0, 1)
    for (const verdict of ['worse', 'better', 'inconclusive'] as const)
      if (counted.some((metric) => metric.verdict === verdict)) tally[verdict] += 1 / trials
  }
  return tally
}

const works = { inserts: simulated.simulatedInserts, load: simulated.simulatedLoad }
const machines = { quiet: simulated.quietMachine, shared: simulated.sharedMachine }

function simulatedRows(): string[][] {
  const rows: string[][] = []
  for (const [work, what] of Object.entries(works))
    for (const [machine, noise] of Object.entries(machines))
      for (const pairs of [1, 10, 20]) {
        const same = simulate(sameTrials, pairs, 1, what, noise)
        const slow = simulate(slowTrials, pairs, slowdown, what, noise)
        const cells = [same.worse, same.better, same.inconclusive, slow.worse].map(formatShare)
        rows.push([work, machine, String(pairs), ...cells])
        process.stderr.write(`${rows.at(-1)?.join(' ')}\n`)
      }
  return rows
}

const sameRuns = 20
const slowRuns = 10
const inserts = 'insert-reservation-bench --inserts 200'
const load = 'load --users 200 --duration 3s'
const samePairs = 4
const slowPairs = 8
/** MB; the table takes some 90, with its index. */
const pools = { large: 256, small: 16 } as const
const poolRows = '500k'

async function compare(folder: string, pairs: number, baseline: string, candidate: string): Promise<Comparison> {
  const args = ['compare', '--run', baseline, '--run', candidate, '--pairs', String(pairs), '--json']
  const options = { cwd: folder, maxBuffer: 1e8 }
  const { stdout } = await run(process.execPath, [entryPoint, ...args], options).catch(
    (error: { stdout: string }) => error,
  )
  return JSON.parse(stdout) as Comparison
}

/** An API that takes `delayMs` for every answer, and now and then longer. */
async function startApi(delayMs: number): Promise<{ readonly origin: string; readonly server: Server }> {
  const random = createRandom('delay')
  const server = createServer((_, response) => {
    const extra = -Math.log(1 - random.float()) * delayMs * 0.1
    void sleep(delayMs + extra).then(() => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

async function seedDatabase(folder: string, url: string, amount: string): Promise<void> {
  for (const command of ['migrate', 'insert-schedules', `insert-reservations ${amount}`]) {
    await run(process.execPath, [entryPoint, ...command.split(' '), '--db', url], { cwd: folder, maxBuffer: 1e8 })
  }
}

async function realRows(folder: string): Promise<string[][]> {
  await seedDatabase(folder, 'sqlite:.rushbench/rushbench.db', '--rows 20k')
  const scenario = fileURLToPath(new URL('delayed-scenario.ts', import.meta.url))
  await using large = await startMariadb(pools.large)
  await using small = await startMariadb(pools.small)
  for (const { url } of [large, small]) await seedDatabase(folder, url, `--rows ${poolRows} --keys random`)
  const insert = ({ url }: Mariadb) => `insert-reservation-bench --inserts 1000 --warmup 300 --keys random --db ${url}`
  const [before, after] = [await startApi(100), await startApi(110)]
  const ask = ({ origin }: { readonly origin: string }) =>
    `load --scenario ${scenario} --users 20 --duration 2s --target ${origin}`
  try {
    const all: readonly [what: string, times: number, pairs: number, baseline: string, candidate: string][] = [
      ['load, 10% slower', slowRuns, slowPairs, ask(before), ask(after)],
      ['inserts, a smaller buffer pool', slowRuns, slowPairs, insert(large), insert(small)],
      ['inserts, the same', sameRuns, samePairs, inserts, inserts],
      ['load, the same', sameRuns, samePairs, load, load],
    ]
    const rows: string[][] = []
    for (const [what, times, pairs, baseline, candidate] of all) {
      if (onlyRow !== undefined && onlyRow !== what) continue
      rows.push(await realRow(folder, { what, times, pairs }, baseline, candidate))
    }
    return rows
  } finally {
    before.server.close()
    after.server.close()
  }
}

interface Trials {
  readonly what: string
  readonly times: number
  readonly pairs: number
}

async function realRow(folder: string, trials: Trials, baseline: string, candidate: string): Promise<string[]> {
  const { what, times, pairs } = trials
  const verdicts: string[] = []
  for (let i = 0; i < times; i++) {
    const { verdict, faults } = await compare(folder, pairs, baseline, candidate)
    // A generator that could not keep up says nothing of the comparison.
    verdicts.push(faults.length > 0 ? 'not valid' : verdict)
    process.stderr.write(`${what}: ${verdicts.join(' ')}\n`)
  }
  const count = (verdict: string) => String(verdicts.filter((one) => one === verdict).length)
  return [
    what,
    String(pairs),
    String(times),
    count('worse'),
    count('better'),
    count('same'),
    count('inconclusive'),
    count('not valid'),
  ]
}

if (which !== 'real') {
  const head = ['work', 'machine', 'pairs', 'same: worse', 'better', 'inconclusive', '10% slower: worse']
  process.stdout.write(`${formatTable(head, simulatedRows(), [2, 3, 4, 5, 6])}\n\n`)
}
if (which !== 'simulated') {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-compare-'))
  try {
    const head = ['real runs', 'pairs', 'comparisons', 'worse', 'better', 'same', 'inconclusive', 'not valid']
    process.stdout.write(`${formatTable(head, await realRows(folder), [1, 2, 3, 4, 5, 6, 7])}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
