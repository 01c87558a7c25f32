import { onAbort } from '../../base/abort.ts'
import type { RushbenchError } from '../../base/errors/errors.ts'
import { createTimers, type Clock } from '../../base/measure/clock.ts'
import { addCounts, createHistogram } from '../../base/measure/histogram.ts'
import { createRandom } from '../../base/random.ts'
import { runLoadModel } from './engine.ts'
import { watchGenerator, type GeneratorHealth } from '../metrics/generator-monitor.ts'
import type { DatabasePool } from '../clients/database/database-pool.ts'
import { openGeneratorPool, type OpenClient } from '../clients/database/generator-pool.ts'
import { createSocketOpener } from '../clients/http/web-sockets.ts'
import { requireDescriptors } from './descriptors.ts'
import type { DatabaseAccess, ShardJob } from './load-job.ts'
import { mostUsersOf, sendOf } from './model.ts'
import { shareOf } from './schedule.ts'
import { createUserSupply, usersAhead } from './prepare.ts'
import type { CountsMemory } from '../metrics/counts-memory.ts'
import { createRecorder } from '../metrics/recorder.ts'
import type { ShardInterval } from '../metrics/result.ts'
import type { Ledger, Scenario } from '../../ports/scenario.ts'
import type { PreparedUser } from './session.ts'
import { createHttpClients } from '../clients/http/socket-client.ts'

/** The task of a generator, as plain data. */
export type GeneratorTask = Pick<
  ShardJob,
  'origins' | 'database' | 'timeout' | 'model' | 'shard' | 'seed' | 'runId' | 'statuses'
>

/** Callbacks and services that tie a generator to the rest of its run. */
export interface GeneratorHooks {
  readonly ledger: Ledger
  readonly signal: AbortSignal
  readonly onSecond: (interval: GeneratorInterval) => void
  /** Told of a mistake in a scenario's text, for which the run has to be ended. */
  readonly onMistake: (error: RushbenchError) => void
  /** Told each second until the users are prepared. */
  readonly onPreparing?: (progress: PreparingProgress) => void
}

/** How many of a generator's users are prepared. */
export interface PreparingProgress {
  readonly done: number
  readonly total: number
}

/** The report of a generator after each second, and once more at its end. */
export interface GeneratorInterval extends ShardInterval {
  /** Since the start; null of a generator that was lost, which did not say. */
  readonly health: GeneratorHealth | null
}

/** A process that makes load, perhaps on another machine. */
export interface WorkerFacts {
  readonly name: string
  readonly host: string
  readonly pid: number
  /** Version of rushbench. */
  readonly version: string
  /** How its clock compares with the clock that all workers share; null on the same machine. */
  readonly clock: ClockComparison | null
}

/** A comparison with another clock. Times in ms. */
export interface ClockComparison {
  /** Added to this machine's time of day, it gives that of the other. */
  readonly offsetMs: number
  /** Round trip of the fastest exchange: the offset is wrong by at most half of it. */
  readonly roundTripMs: number
}

/** The outcome of a generator. */
export interface GeneratorResult {
  /** Metrics after its last second; null for a generator that was lost, of which they are not known. */
  readonly last: GeneratorInterval | null
  /** Why it was not there until the end; null when it was. */
  readonly lost: string | null
  /** Null for this process. */
  readonly worker: WorkerFacts | null
}

/** Makes a shard of the load: its methods are called once each, in this order. */
export interface LoadGenerator {
  /** Does what has to be done before the clock runs. Throws `scenario-not-prepared`, `usage-wrong`. */
  prepare(): Promise<void>
  /** Begins at once, at the moment `startAt` of the clock where one is given, or at one that all generators share. */
  run(startAt?: number): Promise<GeneratorResult>
  close(): Promise<void>
}

/** A generator in this thread. */
export interface LocalGenerator extends LoadGenerator {
  /** Counts what a scenario threw where nobody waits for it. */
  recordError(reason: string): void
}

/** How long responses are waited for after the end of a run, at most. */
const maxGraceMs = 10_000

/** How long a run takes after its end at most, ms. */
export function graceOf(timeoutMs: number): number {
  return Math.min(timeoutMs, maxGraceMs)
}

/** How often it is told how many users are prepared, ms. */
const preparingEveryMs = 1000

/** A generator in this thread. From the moment that it is told to begin at, all is counted. */
export function createGenerator(
  { origins, database, timeout, model, shard, seed, runId, statuses }: GeneratorTask,
  { ledger, signal, onSecond, onPreparing, onMistake }: GeneratorHooks,
  { scenarios, clock, inThread = false, isAlone = !inThread, memory, openClient }: LocalServices,
): LocalGenerator {
  const random = createRandom(seed)
  const client = createHttpClients(origins, timeout)
  const shared = database?.inProcess ? { sharesThread: true } : {}
  const late = createHistogram()
  const recorder = createRecorder(memory)
  const sockets = createSocketOpener(origins, timeout, clock, () => recorder.recordDroppedText())
  let done = 0
  const supply = createUserSupply({
    users: mostUsersOf(model),
    shard,
    scenarios,
    random,
    clock,
    signal,
    onPrepared: (prepared) => (done = prepared),
  })
  let users: readonly PreparedUser[] = []
  let pool: DatabasePool | null = null
  return {
    async prepare() {
      // Threads share what their process may open.
      requireDescriptors(model, isAlone ? shard : { index: 0, of: 1 })
      if (sendOf(model)) return
      pool = database ? await openPoolShare(database, { origins, shard, timeout, clock, openClient }) : null
      const total = usersAhead(model, shard)
      const say = (): void => onPreparing?.({ done, total })
      const timer = setInterval(say, preparingEveryMs)
      say()
      try {
        users = await supply.take(total)
      } finally {
        clearInterval(timer)
      }
    },
    async run(startAt) {
      await waitUntil(startAt ?? 0, clock, signal)
      // Only from here on: what scenarios prepare may well keep the process busy.
      const monitor = watchGenerator(inThread)
      const withHealth = (interval: ShardInterval): GeneratorInterval => {
        addCounts(late, interval.recorded.late)
        return { ...interval, health: { ...monitor.health(late), ...shared } }
      }
      const last = await runLoadModel({
        model,
        shard,
        users,
        supply,
        scenarios,
        graceMs: graceOf(timeout),
        random,
        clock,
        client,
        sockets,
        database: pool,
        recorder,
        runId,
        ledger,
        statuses,
        signal,
        startAt,
        onSecond: (interval) => onSecond(withHealth(interval)),
        onMistake,
      })
      monitor.stop()
      return { last: withHealth(last), lost: null, worker: null }
    },
    recordError: (reason) => recorder.recordError(reason),
    async close() {
      pool?.close()
      await sockets.close()
      await client.close()
    },
  }
}

/** Opens this shard's connections to a database. Throws TypeError in a generator that was given no way to it. */
async function openPoolShare(
  database: DatabaseAccess,
  {
    origins,
    shard,
    timeout: timeoutMs,
    clock,
    openClient,
  }: Pick<GeneratorTask, 'origins' | 'shard' | 'timeout'> &
    Pick<LocalServices, 'clock'> & { readonly openClient: OpenClient | undefined },
): Promise<DatabasePool> {
  if (!openClient) throw new TypeError('this generator has no way to a database')
  const share = shareOf(database.poolSize, shard)
  return openGeneratorPool(database, { share, isOnly: origins.length === 0, timeoutMs, clock, openClient })
}

/** Dependencies of a generator in this thread, beside its task. */
export interface LocalServices {
  readonly scenarios: readonly Scenario[]
  readonly clock: Clock
  /** It is one of several threads of this process; not unless given. */
  readonly inThread?: boolean
  /** No other thread of this process makes load; unless given, so where it is not in a thread of several. */
  readonly isAlone?: boolean
  /** In which it counts; its own unless given. */
  readonly memory?: CountsMemory
  /** For a load on a database. */
  readonly openClient?: OpenClient
}

async function waitUntil(at: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const leftMs = at - clock.now()
  if (leftMs <= 0) return
  const timers = createTimers(clock)
  const stopListening = onAbort(signal, () => timers.cancelAll())
  await timers.sleep(leftMs)
  stopListening()
}
