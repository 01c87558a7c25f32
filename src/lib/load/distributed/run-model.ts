import type { RushbenchError } from '../../base/errors/errors.ts'
import type { RunSoFar } from '../limits/early-verdict.ts'
import type {
  GeneratorHooks,
  GeneratorInterval,
  GeneratorResult,
  LoadGenerator,
  PreparingProgress,
  WorkerFacts,
} from '../engine/generator.ts'
import type { GeneratorHealth } from '../metrics/generator-monitor.ts'
import { judgeConnections, judgeThreads, judgeWorkers, type GeneratorVerdict } from '../metrics/generator-verdict.ts'
import type { CountingLedger, OutcomeCounts } from '../ledger/ledger.ts'
import { endOf, type LoadModel } from '../engine/model.ts'
import type { Shard } from '../engine/schedule.ts'
import { summarizeRun, type RunResult } from '../metrics/result.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import { createMetricsTotal } from '../metrics/interval-metrics.ts'
import { createTimeline, type OnSecond } from '../metrics/timeline.ts'
import type { ServerWatch } from '../metrics/server-watch.ts'
import type { ServerActivity } from '../../record/record.ts'

/** Generators that each have an equal share of the users or arrivals. */
export interface GeneratorPool {
  readonly shards: number
  readonly createGenerator: (shard: Shard, hooks: GeneratorHooks) => LoadGenerator
  /** Reads to its end what they said, once all have run. Returns why some of it may be missing, and null when none is. */
  finish?(): Promise<string | null>
}

/** A load, and the generators that make it. */
export interface ModelRun extends GeneratorPool {
  readonly model: LoadModel
  /** Called once every generator is prepared. */
  readonly openLedger: () => Promise<CountingLedger>
  /** Ends it early. */
  readonly signal: AbortSignal
  /** Called when a generator was lost, so that the others have to be ended. */
  readonly onLost: () => void
  /** Told of a mistake in a scenario's text, for which the run has to be ended. */
  readonly onMistake: (error: RushbenchError) => void
  /** Told how many users are prepared in all generators that say so, and null once that is over. */
  readonly onPreparing?: (progress: PreparingProgress | null) => void
  readonly onSecond: OnSecond
  /** Asked after each second whether there is nothing more to learn, so that the run ends; it is not unless given. */
  readonly isDecided?: (soFar: RunSoFar) => boolean
  /** Begins with the run and ends after it; null where the database is not known. */
  readonly serverWatch?: ServerWatch | null
}

/** The results of one worker process. */
export interface WorkerRun extends WorkerFacts {
  /** As it said last; null when it never did. */
  readonly health: GeneratorHealth | null
  readonly requests: number
  readonly failures: number
  /** Iterations whose scenario threw. */
  readonly errors: number
  /** That the API acknowledged. */
  readonly bookings: number
  /** Why it was not there until the end; null when it was. */
  readonly lost: string | null
}

/** The result of a run, and how each generator fared. */
export interface ModelRunResult {
  readonly model: LoadModel
  readonly result: RunResult
  /** The health of each thread or process that told it. */
  readonly threads: readonly GeneratorHealth[]
  /** Empty where this process made the load. */
  readonly workers: readonly WorkerRun[]
  readonly verdict: GeneratorVerdict
  /** It was ended before its time, because nothing more was to be learnt. */
  readonly decided: boolean
  /** Left out where the database is not known. */
  readonly serverActivity?: ServerActivity
}

/**
 * Runs a load in all its generators, which begin together once each is prepared, and adds up what they did. When one
 * fails, all are ended. Throws `scenario-not-prepared`, `thread-ended`, `worker-ended` or `ledger-unwritable`.
 */
export async function runModel(run: ModelRun): Promise<ModelRunResult> {
  const measured = await runGenerators(run)
  // Sessions tell their server the last of what they counted when they are closed.
  return run.serverWatch ? { ...measured, serverActivity: await run.serverWatch.end() } : measured
}

async function runGenerators(run: ModelRun): Promise<ModelRunResult> {
  const { model, shards } = run
  const decided = new AbortController()
  const signal = AbortSignal.any([run.signal, decided.signal])
  // Nobody books before it is open.
  let ledger: CountingLedger | null = null
  const accounts = Array.from({ length: shards }, createAccount)
  const recorded = createMetricsTotal()
  const timeline = createTimeline(shards, (row, responseTimes) => {
    run.onSecond(row, responseTimes)
    if (run.isDecided?.({ recorded, ...latestOf(accounts) })) decided.abort()
  })

  function add(account: Account, interval: GeneratorInterval): void {
    recorded.add(interval.recorded)
    addTo(account, interval)
  }

  const generators = accounts.map((account, index) =>
    run.createGenerator(
      { index, of: shards },
      {
        ledger: {
          async record(entry: LedgerEntry) {
            await ledger?.record(entry)
            if (entry.outcome === 'booked') account.bookings++
          },
        },
        signal,
        onMistake: run.onMistake,
        onPreparing(progress) {
          account.prepared = progress
          run.onPreparing?.(preparedIn(accounts))
        },
        onSecond(interval) {
          add(account, interval)
          timeline.add(index, interval.recorded)
        },
      },
    ),
  )

  async function runShard(generator: LoadGenerator, index: number): Promise<GeneratorResult> {
    const result = await generator.run()
    if (result.last) add(accounts[index] as Account, withinRun(result.last, model))
    if (result.lost === null) return result
    timeline.leaveOut(index)
    run.onLost()
    return result
  }

  try {
    await Promise.all(generators.map((generator) => generator.prepare())).finally(() => run.onPreparing?.(null))
    await run.serverWatch?.begin()
    ledger = await run.openLedger()
    const before = ledger.counts()
    const ended = await Promise.all(generators.map(runShard))
    // Some servers forget the statements of a session with its end.
    await run.serverWatch?.stop()
    const missing = (await run.finish?.()) ?? null
    const results = ended.map((result) => ({ ...result, lost: result.lost ?? missing }))
    const { progress, threads } = latestOf(accounts)
    const workers = results.flatMap(({ worker, lost }, index) =>
      worker ? [describeWorker(worker, accounts[index] as Account, lost)] : [],
    )
    const result = summarizeRun(progress, {
      model,
      recorded,
      timeline,
      rests: results.flatMap(({ last }) => last?.recorded ?? []),
      outcomes: outcomesSince(before, ledger.counts()),
      interrupted: run.signal.aborted,
    })
    const judged = workers.length > 0 ? judgeWorkers(workers) : judgeThreads(threads, lostOf(results))
    const verdict = judgeConnections(judged, result)
    return { model, result, threads, workers, verdict, decided: decided.signal.aborted }
  } finally {
    run.serverWatch?.cancel()
    await Promise.all(generators.map((generator) => generator.close()))
  }
}

/** Bounds the time of a generator that was lost, whose end is not known: no run is longer than its model says. */
function withinRun(last: GeneratorInterval, model: LoadModel): GeneratorInterval {
  const seconds = Math.min(last.progress.seconds, endOf(model) / 1000)
  return { ...last, progress: { ...last.progress, seconds } }
}

function lostOf(results: readonly GeneratorResult[]): (string | null)[] {
  return results.map(({ lost }) => lost)
}

/** Sums of one generator. */
interface Account {
  latest: GeneratorInterval | null
  prepared: PreparingProgress
  requests: number
  failures: number
  errors: number
  bookings: number
}

/** The latest telemetry of all generators that have sent any. */
function latestOf(accounts: readonly Account[]) {
  const latest = accounts.flatMap((account) => account.latest ?? [])
  return { progress: latest.map(({ progress }) => progress), threads: latest.flatMap(({ health }) => health ?? []) }
}

function createAccount(): Account {
  return { latest: null, prepared: { done: 0, total: 0 }, requests: 0, failures: 0, errors: 0, bookings: 0 }
}

function addTo(account: Account, interval: GeneratorInterval): void {
  account.latest = interval
  account.errors += interval.recorded.errors
  for (const { response, failures } of interval.recorded.steps) {
    account.requests += response.counts.reduce((sum, count) => sum + count, 0)
    account.failures += failures
  }
}

/** Adds up how many users are prepared. */
function preparedIn(accounts: readonly Account[]): PreparingProgress {
  const sum = (count: (progress: PreparingProgress) => number): number =>
    accounts.reduce((all, { prepared }) => all + count(prepared), 0)
  return { done: sum(({ done }) => done), total: sum(({ total }) => total) }
}

function describeWorker(worker: WorkerFacts, account: Account, lost: string | null): WorkerRun {
  const { latest, requests, failures, errors, bookings } = account
  return { ...worker, health: latest?.health ?? null, requests, failures, errors, bookings, lost }
}

/** The ledger's counts of this run, which may not be its first. */
function outcomesSince(before: OutcomeCounts, { booked, conflict, failed, unknown }: OutcomeCounts): OutcomeCounts {
  return {
    booked: booked - before.booked,
    conflict: conflict - before.conflict,
    failed: failed - before.failed,
    unknown: unknown - before.unknown,
  }
}
