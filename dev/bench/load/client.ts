import { performance } from 'node:perf_hooks'
import { watchGenerator } from '../../../src/lib/load/metrics/generator-monitor.ts'
import { judgeThreads } from '../../../src/lib/load/metrics/generator-verdict.ts'
import type { GeneratorInterval } from '../../../src/lib/load/engine/generator.ts'
import type { HttpClient } from '../../../src/lib/ports/http-client.ts'
import { createTimers, realClock } from '../../../src/lib/base/measure/clock.ts'
import { createHistogram, recordMs, type LatencyHistogram } from '../../../src/lib/base/measure/histogram.ts'

// A process that loads a server with one client, and prints what that cost it.

/** Task of one client. */
export interface ClientJob {
  /** `saturation` is what `load --request` does: our client, paced and recorded by the engine. */
  readonly client: 'ours' | 'saturation' | 'undici' | 'autocannon'
  readonly url: string
  readonly seconds: number
  /** That many ask at a time, */
  readonly connections: number
  /** each at most once in this time, ms; 0: again at once. */
  readonly everyMs: number
}

/** Cost of a task. */
export interface ClientCost {
  readonly requests: number
  readonly seconds: number
  /** Processor time of this process while the clock ran. */
  readonly cpuSeconds: number
  readonly maxRssMb: number
  /** Why the generator calls itself the bottleneck; empty when it kept up. */
  readonly complaints: readonly string[]
}

/** For the compiler and the first connections, before the clock runs. */
const warmUpSeconds = 2

const timeoutMs = 10_000

async function askUntil(client: HttpClient, job: ClientJob, seconds: number): Promise<Load> {
  const timers = createTimers(realClock)
  const latencies = createHistogram()
  const late = createHistogram()
  const { pathname: path } = new URL(job.url)
  const begin = realClock.now()

  async function ask(index: number): Promise<void> {
    let due = begin + (job.everyMs * index) / job.connections
    while (!timers.cancelled) {
      if (job.everyMs > 0 && !(await timers.sleep(Math.max(0, due - realClock.now())))) return
      const sent = realClock.now()
      const { status, reason } = await client.request({ method: 'GET', path, wantBody: false })
      if (status !== 200) throw new Error(reason ?? `status ${status}`)
      recordMs(latencies, realClock.now() - sent)
      if (job.everyMs > 0) recordMs(late, sent - due)
      due += job.everyMs
    }
  }

  realClock.schedule(seconds * 1000, () => timers.cancelAll())
  await Promise.all(Array.from({ length: job.connections }, (_, index) => ask(index)))
  return { requests: latencies.totalCount, late }
}

interface Load {
  readonly requests: number
  /** Delays of requests behind their schedule. */
  readonly late: LatencyHistogram
}

/** Runs the load for so many seconds. */
type RunLoad = (seconds: number) => Promise<Load>

/** Each imports its own client, since what another takes would count in its memory. */
const loads: Readonly<Record<ClientJob['client'], (job: ClientJob) => Promise<RunLoad>>> = {
  async ours(job) {
    const { createSocketClient } = await import('../../../src/lib/load/clients/http/socket-client.ts')
    const client = createSocketClient(new URL(job.url).origin, timeoutMs)
    return (seconds) => askUntil(client, job, seconds)
  },
  async saturation({ url, connections }) {
    const { createGenerator } = await import('../../../src/lib/load/engine/generator.ts')
    const { origin, pathname: path } = new URL(url)
    const send = { method: 'GET', path, headers: [], body: new Uint8Array(), expect: '200' } as const
    const shared = { origins: [origin], timeout: timeoutMs, seed: '', runId: '', shard: { index: 0, of: 1 } } as const
    const statuses = { bookedStatuses: [], conflictStatuses: [] }
    return async (seconds) => {
      let requests = 0
      const count = ({ recorded }: GeneratorInterval): void => {
        for (const { response, failures } of recorded.steps) {
          if (failures > 0) throw new Error(JSON.stringify(recorded.failureReasons))
          requests += response.counts.reduce((sum, times) => sum + times, 0)
        }
      }
      const timing = { engine: 'rushbench', connections, requests: null, durationMs: seconds * 1000 } as const
      const generator = createGenerator(
        { ...shared, statuses, model: { kind: 'saturation', ...timing, send } },
        {
          ledger: { record: async () => {} },
          signal: new AbortController().signal,
          onSecond: count,
          onMistake: () => {},
        },
        { scenarios: [], clock: realClock },
      )
      await generator.prepare()
      const { last } = await generator.run()
      if (last) count(last)
      await generator.close()
      return { requests, late: createHistogram() }
    }
  },
  async undici(job) {
    const { createUndiciClient } = await import('./undici-client.ts')
    const client = createUndiciClient(new URL(job.url).origin, timeoutMs)
    return (seconds) => askUntil(client, job, seconds)
  },
  async autocannon({ url, connections }) {
    const { default: autocannon } = await import('autocannon')
    return async (duration) => {
      const result = await autocannon({ url, connections, duration })
      if (result.non2xx + result.errors > 0) throw new Error(`${result.non2xx} refusals, ${result.errors} errors`)
      return { requests: result['2xx'], late: createHistogram() }
    }
  },
}

async function measure(job: ClientJob): Promise<ClientCost> {
  const load = await loads[job.client](job)
  await load(warmUpSeconds)
  const monitor = watchGenerator()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  const { requests, late } = await load(job.seconds)
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    requests,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    complaints: judgeThreads([monitor.health(late)]).reasons,
  }
}

if (import.meta.main) {
  const cost = await measure(JSON.parse(process.argv[2] ?? '{}') as ClientJob)
  process.stdout.write(JSON.stringify(cost))
  process.exit()
}
