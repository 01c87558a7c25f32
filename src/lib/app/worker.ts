import { hostname } from 'node:os'
import type { RunContext } from './run-context.ts'
import { aborted } from '../base/abort.ts'
import { readScenarioSettings } from '../config/sent-settings.ts'
import { connectDatabase } from '../adapters/databases/registry.ts'
import { redactUrl } from '../base/redact-url.ts'
import { failure } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import type { GeneratorHooks, LoadGenerator } from '../load/engine/generator.ts'
import { startGeneratorThread } from '../load/distributed/local-transports.ts'
import { checkModel } from '../load/engine/model.ts'
import type { Shard } from '../load/engine/schedule.ts'
import { requireLocalDatabase } from '../load/clients/database/local-database.ts'
import { requireLoopback, shownTarget } from '../load/clients/target.ts'
import { queuedShardName, type QueuedJob } from '../load/distributed/queued-job.ts'
import { workOnShard, type QueueWorker, type ShardEvent } from '../load/distributed/queue-worker.ts'
import { hashOf, isAllowed, unpackScenario, type AllowedScenarios } from '../load/distributed/travelling-scenario.ts'
import { realClock } from '../base/measure/clock.ts'
import { workOnSeeding, type SeedEvent, type SeedWorker } from '../seeding/distributed/seed-worker.ts'
import { seedJobName } from '../seeding/distributed/seed-job.ts'
import { takeWork } from '../queue/jobs.ts'
import { reservationSeeding } from '../workloads/vaccination/seeding.ts'
import type { Reservation } from '../workloads/vaccination/tables.ts'
import { endProcess } from './end-process.ts'
import { moduleBeside } from './load/entry-points.ts'

/** Jobs that a worker takes, and what it permits. */
export interface WorkerOptions {
  /** URL of the queue. */
  readonly queue: string
  readonly name: string
  readonly allowedScenarios: AllowedScenarios
  readonly allowRemote: boolean
  /** URL of the database that it seeds; null: it seeds none. */
  readonly db: string | null
}

/** Called for the jobs that a worker does. */
export interface WorkerListener {
  readonly onShard: (event: ShardEvent) => void
  readonly onSeed: (event: SeedEvent) => void
}

/**
 * How long the work under way may take to end once the worker is told to, ms: more than answers are waited for, and less
 * than Kubernetes waits before it kills.
 */
const endMs = 15_000

/** Where settings of a load are said to come from. */
const fromQueue = 'the queue'

/** Takes work from the queue until the command is stopped. Throws `queue-unreachable`. */
export async function runWorker(
  context: RunContext,
  { queue, name, allowedScenarios, allowRemote, db }: WorkerOptions,
  { onShard, onSeed }: WorkerListener,
): Promise<void> {
  const note = (text: string): void => context.note(plain(text))
  const worker: QueueWorker = {
    queue,
    name,
    host: hostname(),
    version: context.version,
    clock: realClock,
    signal: context.signal,
    onShard,
    onNote: note,
    permit(job, shard) {
      requirePermitted(name, job, allowedScenarios, allowRemote)
      readScenarioSettings(job.settings, fromQueue)
      checkModel(job.model, { kind: 'workers', count: shard.of, raised: false })
    },
    openGenerator,
  }
  const seedWorker: SeedWorker<Reservation> = {
    queue,
    name,
    version: context.version,
    openDatabase: db === null ? null : (poolSize) => connectDatabase(db, { poolSize, onWait: context.onWait }),
    target: reservationSeeding,
    signal: context.signal,
    onSeed,
    onNote: note,
  }
  const handlers = {
    [queuedShardName]: (data: unknown, lost: AbortSignal) => workOnShard(data, lost, worker),
    [seedJobName]: (data: unknown, lost: AbortSignal) => workOnSeeding(data, lost, seedWorker),
  }
  const work = await takeWork(queue, name, handlers, note)
  context.log(`Worker ${name} waits for work on ${redactUrl(queue)}`)
  await aborted(context.signal)
  const deadline = setTimeout(() => {
    note(`The work under way did not end within ${endMs / 1000} s, and was ended`)
    void endProcess('SIGTERM')
  }, endMs)
  await work.close()
  clearTimeout(deadline)
}

/** In a thread of its own, which can be ended whatever it does: this one still hears of signals and of the queue. */
async function openGenerator(
  { scenario, ...job }: QueuedJob,
  shard: Shard,
  hooks: GeneratorHooks,
): Promise<LoadGenerator> {
  const unpacked = scenario && (await unpackScenario(scenario))
  const settings = { ...readScenarioSettings(job.settings, fromQueue) }
  const given = { ...job, shard, settings, scenarioFile: unpacked?.file ?? null, isAlone: true }
  const generator = startGeneratorThread(moduleBeside('load-thread'), given, hooks)
  return {
    ...generator,
    async close() {
      await generator.close()
      await unpacked?.remove()
    },
  }
}

function requirePermitted(
  worker: string,
  { origins, database, scenario, scripts = [] }: QueuedJob,
  allowedScenarios: AllowedScenarios,
  allowRemote: boolean,
): void {
  const permit = (target: string, require: () => void): void => {
    try {
      require()
    } catch (error) {
      throw failure('worker-refuses-target', { worker, target }, error)
    }
  }
  for (const origin of origins) permit(shownTarget(origin), () => void requireLoopback(origin, allowRemote))
  if (database) permit(redactUrl(database.url), () => requireLocalDatabase(database.url, allowRemote))
  // SQL reads and writes what this machine reaches, as code does.
  const sources = [...(scenario ? [scenario] : []), ...scripts.map(({ name, text }) => ({ name, source: text }))]
  const refused = sources.find((source) => !isAllowed(source, allowedScenarios))
  if (!refused) return
  throw failure('worker-refuses-scenario', { worker, file: refused.name, sha256: hashOf(refused.source) })
}
