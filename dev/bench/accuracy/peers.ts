import { execFile, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadReport } from '../../../src/lib/record/record.ts'

/** A load at a rate, on one URL. */
export interface RateJob {
  readonly url: string
  readonly perSecond: number
  readonly seconds: number
  /** For files of the peer. */
  readonly folder: string
}

/** Results that a load generator reports; times in ms. */
export interface Figures {
  readonly requests: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** A load generator that can send at a rate whether or not answers come back. */
export interface RateGenerator {
  readonly name: string
  /** The program that has to be on PATH; null for what is here. */
  readonly program: string | null
  measure(job: RateJob): Promise<Figures>
}

const run = promisify(execFile)
const entryPoint = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** Requests under way that each peer may have, beyond what any of the distributions needs at these rates. */
const mostInFlight = 1000

const rushbench: RateGenerator = {
  name: 'rushbench',
  program: null,
  async measure({ url, perSecond, seconds, folder }) {
    const { origin, pathname } = new URL(url)
    const load = ['load', '--target', origin, '--request', `GET ${pathname}`, '--rate', `${perSecond}/s`]
    const args = [entryPoint, ...load, '--duration', `${seconds}s`, '--reports', folder, '--json']
    // A run that is not valid says so by its exit code, and is shown all the same.
    const { stdout } = await run(process.execPath, args, { maxBuffer: 1e8 }).catch((error: { stdout: string }) => error)
    const { requests, responseTime } = (JSON.parse(stdout) as LoadReport).load
    const { p50, p90, p99, max } = responseTime
    return { requests, p50: p50 ?? NaN, p90: p90 ?? NaN, p99: p99 ?? NaN, max: max ?? NaN }
  },
}

const k6: RateGenerator = {
  name: 'k6',
  program: 'k6',
  async measure({ url, perSecond, seconds, folder }) {
    const script = join(folder, 'k6.js')
    const summary = join(folder, 'k6.json')
    await writeFile(script, k6Script(url, perSecond, seconds))
    await run('k6', ['run', '--quiet', '--no-usage-report', '--summary-export', summary, script])
    const { metrics } = JSON.parse(await readFile(summary, 'utf8')) as {
      readonly metrics: {
        readonly http_reqs: { readonly count: number }
        readonly http_req_duration: Readonly<Record<string, number>>
      }
    }
    const times = metrics.http_req_duration
    const time = (name: string): number => times[name] ?? NaN
    return {
      requests: metrics.http_reqs.count,
      p50: time('p(50)'),
      p90: time('p(90)'),
      p99: time('p(99)'),
      max: time('max'),
    }
  },
}

function k6Script(url: string, perSecond: number, seconds: number): string {
  return `import http from 'k6/http'
export const options = {
  summaryTrendStats: ['p(50)', 'p(90)', 'p(99)', 'max'],
  scenarios: { load: {
    executor: 'constant-arrival-rate', rate: ${perSecond}, timeUnit: '1s', duration: '${seconds}s',
    preAllocatedVUs: ${mostInFlight / 2}, maxVUs: ${mostInFlight},
  } },
}
export default () => void http.get('${url}')
`
}

const vegeta: RateGenerator = {
  name: 'vegeta',
  program: 'vegeta',
  async measure({ url, perSecond, seconds, folder }) {
    const targets = join(folder, 'vegeta.txt')
    const results = join(folder, 'vegeta.bin')
    await writeFile(targets, `GET ${url}\n`)
    const rate = [`-rate=${perSecond}/s`, `-duration=${seconds}s`, `-max-workers=${mostInFlight}`]
    await run('vegeta', ['attack', `-targets=${targets}`, `-output=${results}`, ...rate])
    const { stdout } = await run('vegeta', ['report', '-type=json', results])
    const { requests, latencies } = JSON.parse(stdout) as {
      readonly requests: number
      readonly latencies: Readonly<Record<string, number>>
    }
    const time = (name: string): number => (latencies[name] ?? NaN) / 1e6
    return { requests, p50: time('50th'), p90: time('90th'), p99: time('99th'), max: time('max') }
  },
}

const oha: RateGenerator = {
  name: 'oha',
  program: 'oha',
  async measure({ url, perSecond, seconds }) {
    const rate = ['-q', String(perSecond), '-n', String(perSecond * seconds), '-c', String(mostInFlight / 2)]
    const options = ['--no-tui', '--latency-correction', '--output-format', 'json']
    const child = spawn('oha', [...rate, ...options, url], { stdio: ['ignore', 'pipe', 'inherit'] })
    const { summary, latencyPercentiles, statusCodeDistribution } = JSON.parse(await text(child.stdout)) as {
      readonly summary: { readonly slowest: number }
      readonly latencyPercentiles: Readonly<Record<string, number>>
      readonly statusCodeDistribution: Readonly<Record<string, number>>
    }
    const time = (name: string): number => (latencyPercentiles[name] ?? NaN) * 1000
    return {
      requests: Object.values(statusCodeDistribution).reduce((sum, count) => sum + count, 0),
      p50: time('p50'),
      p90: time('p90'),
      p99: time('p99'),
      max: summary.slowest * 1000,
    }
  },
}

/** Ours first, then its peers. */
export const rateGenerators: readonly RateGenerator[] = [rushbench, k6, vegeta, oha]
