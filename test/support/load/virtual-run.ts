import type { RunSoFar } from '../../../src/lib/load/limits/early-verdict.ts'
import { runLoadModel } from '../../../src/lib/load/engine/engine.ts'
import type { RunPlan } from '../../../src/lib/load/engine/run-state.ts'
import type { HttpResponse, HttpClient, LoadClient } from '../../../src/lib/ports/http-client.ts'
import type { CountingLedger } from '../../../src/lib/load/ledger/ledger.ts'
import { mostUsersOf, type OpenModel, type ScenarioModel } from '../../../src/lib/load/engine/model.ts'
import type { Shard } from '../../../src/lib/load/engine/schedule.ts'
import { createUserSupply, usersAhead } from '../../../src/lib/load/engine/prepare.ts'
import { createRecorder } from '../../../src/lib/load/metrics/recorder.ts'
import { summarizeRun, type ShardProgress, type RunResult } from '../../../src/lib/load/metrics/result.ts'
import type { Scenario, ScenarioDefinition, VirtualUser } from '../../../src/lib/ports/scenario.ts'
import { createMetricsTotal } from '../../../src/lib/load/metrics/interval-metrics.ts'
import { createTimeline, type TimelineRow } from '../../../src/lib/load/metrics/timeline.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { healthOf } from './generator-health.ts'
import { noOpener } from './unused-sockets.ts'
import { createMemoryLedger } from '../ledgers.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { defineScenario } from '../../../src/lib/load/scenarios/define-scenario.ts'

/** A response that is right. */
export const ok: HttpResponse = { status: 200, bytes: 10, body: Buffer.from('[]'), reason: null, maybeExecuted: true }

/** A server that takes `ms` for each response, in virtual time; as a function, of the time of the request. */
export function slowServer(
  clock: VirtualClock,
  ms: number | ((now: number) => number),
  response: Partial<HttpResponse> = {},
): HttpClient {
  const cutOff = new Set<() => void>()
  return {
    request: () =>
      new Promise((resolve) => {
        const end = (given: HttpResponse) => {
          cutOff.delete(breakOff)
          resolve(given)
        }
        const breakOff = () => end({ ...ok, status: 0, reason: 'cut off at the end of the run' })
        cutOff.add(breakOff)
        clock.schedule(typeof ms === 'number' ? ms : ms(clock.now()), () => end({ ...ok, ...response }))
      }),
    async close() {
      for (const breakOff of cutOff) breakOff()
    },
  }
}

/** One that runs the given iteration. */
export function scenario(iteration: ScenarioDefinition['run']): Scenario {
  return defineScenario({ name: 'test', run: iteration })
}

/** `users` that start together, or one after the other over `rampUpMs`. */
export function users(count: number, durationMs = 10_000, rampUpMs = 0): ScenarioModel {
  return {
    kind: 'closed',
    stages: [
      { durationMs: rampUpMs, users: count },
      { durationMs: durationMs - rampUpMs, users: count },
    ],
  }
}

/** Sends a request. */
export const get = (user: VirtualUser, step = 'get') => user.request({ step, method: 'GET', path: '/' })

/** Options of a run. */
interface VirtualPlan extends Partial<Omit<RunPlan, 'client' | 'ledger' | 'onSecond' | 'shard'>> {
  readonly client?: HttpClient
  readonly ledger?: CountingLedger
  /** Parts that are run beside each other; 1 unless given. */
  readonly threads?: number
  readonly onSecond?: (row: TimelineRow) => void
  /** Ends the run, as `runModel` does. */
  readonly isDecided?: (soFar: RunSoFar) => boolean
}

/** Runs in virtual time; unless the plan says otherwise, one user for 10 s. */
export async function run(
  clock: VirtualClock,
  scenarios: readonly Scenario[],
  {
    threads = 1,
    onSecond,
    isDecided,
    ledger = createMemoryLedger(),
    client = slowServer(clock, 50),
    ...plan
  }: VirtualPlan = {},
): Promise<RunResult & { rows: TimelineRow[]; mistakes: string[]; decided: boolean }> {
  const rows: TimelineRow[] = []
  const mistakes: string[] = []
  const { model = users(1), signal: stopped = new AbortController().signal, random = createRandom('test') } = plan
  const decided = new AbortController()
  const signal = AbortSignal.any([stopped, decided.signal])
  const latest: ShardProgress[] = []
  const shared = repeating(shareClient(client, threads))
  const timeline = createTimeline(threads, (row) => {
    rows.push(row)
    onSecond?.(row)
    if (isDecided?.({ recorded, progress: latest, threads: [healthOf()] })) decided.abort()
  })
  const runShard = async (shard: Shard) => {
    const supply = createUserSupply({ users: mostUsersOf(model), shard, scenarios, random, clock, signal })
    return runLoadModel({
      model,
      shard,
      users: await supply.take(usersAhead(model, shard)),
      supply,
      scenarios,
      graceMs: 5000,
      random,
      clock,
      client: shared,
      sockets: noOpener,
      recorder: createRecorder(),
      ledger,
      runId: 'test',
      statuses: { bookedStatuses: [201], conflictStatuses: [409] },
      onSecond: ({ recorded: second, progress: made }) => {
        latest[shard.index] = made
        recorded.add(second)
        timeline.add(shard.index, second)
      },
      onMistake: ({ message }) => void mistakes.push(message),
      ...plan,
      signal,
    })
  }
  const recorded = createMetricsTotal()
  const running = Promise.all(Array.from({ length: threads }, (_, index) => runShard({ index, of: threads })))
  await clock.runAll()
  const intervals = await running
  const rests = intervals.map((shard) => shard.recorded)
  for (const rest of rests) recorded.add(rest)
  const whole = { model, recorded, timeline, rests, outcomes: ledger.counts(), interrupted: stopped.aborted }
  const progress = intervals.map((shard) => shard.progress)
  return { ...summarizeRun(progress, whole), rows, mistakes, decided: decided.signal.aborted }
}

/** One client for several threads, which is closed when the last of them closes it. */
function shareClient(client: HttpClient, threads: number): HttpClient {
  let open = threads
  return { ...client, close: async () => void (--open === 0 && (await client.close())) }
}

/** A client that sends a single request over and over as it sends every other. */
function repeating(client: HttpClient): LoadClient {
  return {
    ...client,
    repeat:
      ({ path }) =>
      (onResponse) =>
      () =>
        void client.request({ method: 'GET', path, wantBody: false }).then(onResponse),
  }
}

/** Iterations at a constant rate, unless `rest` says otherwise, for 10 s. */
export function arrivals(ratePerSecond: number, rest: Partial<OpenModel> = {}): OpenModel {
  return { kind: 'open', ratePerSecond, arrivals: 'constant', durationMs: 10_000, maxInFlight: 1000, ...rest }
}
