import { hostname } from 'node:os'
import type { BaseCommand } from './base-command.ts'
import { aborted } from './lib/abort.ts'
import type { ScenarioSettings } from './lib/config/scenario-settings.ts'
import { connectDatabase } from './lib/databases/registry.ts'
import { redactUrl } from './lib/databases/url.ts'
import { failure } from './lib/errors.ts'
import { createGenerator, type GeneratorHooks, type LoadGenerator } from './lib/load/generator.ts'
import { startGeneratorThread } from './lib/load/generator-thread.ts'
import { sendOf } from './lib/load/model.ts'
import type { Part } from './lib/load/pacing.ts'
import { requireLoopback, shownTarget } from './lib/load/target.ts'
import { loadPartName, type LoadTask } from './lib/load/workers/load-part.ts'
import { runPart, type PartEvent, type PartTaker } from './lib/load/workers/run-part.ts'
import { isAllowed, unpackScenario, type AllowedScenarios } from './lib/load/workers/travelling-scenario.ts'
import { realClock } from './lib/measure/clock.ts'
import { runSeedPart, type SeedPartEvent, type SeedTaker } from './lib/seeding/workers/run-seed-part.ts'
import { seedPartName } from './lib/seeding/workers/seed-part.ts'
import { takeWork } from './lib/workers/jobs.ts'
import { reservationSeeding } from './lib/workloads/vaccination/seeding.ts'
import { moduleBeside } from './entry-points.ts'
import { workloadScenarios } from './task-scenarios.ts'

/** What a worker takes, and what it does for nobody. */
export interface WorkerOptions {
  /** URL of the queue. */
  readonly queue: string
  readonly name: string
  readonly allowedScenarios: AllowedScenarios
  readonly allowRemote: boolean
  /** URL of the database that it seeds; null: it seeds none. */
  readonly db: string | null
}

/** What a worker says of what it does. */
export interface WorkerListener {
  readonly onPart: (event: PartEvent) => void
  readonly onSeedPart: (event: SeedPartEvent) => void
}

/** Takes work from the queue until the command is stopped. Throws `queue-unreachable`. */
export async function runWorker(
  command: BaseCommand,
  { queue, name, allowedScenarios, allowRemote, db }: WorkerOptions,
  { onPart, onSeedPart }: WorkerListener,
): Promise<void> {
  const taker: PartTaker = {
    queue,
    name,
    host: hostname(),
    version: command.config.version,
    clock: realClock,
    signal: command.signal,
    onPart,
    permit(task) {
      requirePermitted(name, task, allowedScenarios, allowRemote)
    },
    openGenerator,
  }
  const seedTaker: SeedTaker = {
    queue,
    name,
    version: command.config.version,
    openDatabase: db === null ? null : (poolSize) => connectDatabase(db, { poolSize, onWait: command.onWait }),
    target: reservationSeeding as unknown as SeedTaker['target'],
    signal: command.signal,
    onPart: onSeedPart,
  }
  const handlers = {
    [loadPartName]: (data: unknown, lost: AbortSignal) => runPart(data, lost, taker),
    [seedPartName]: (data: unknown, lost: AbortSignal) => runSeedPart(data, lost, seedTaker),
  }
  const work = await takeWork(queue, name, handlers, (text) => command.logToStderr(text))
  command.log(`Worker ${name} waits for work on ${redactUrl(queue)}`)
  await aborted(command.signal)
  await work.close()
}

/** A file of somebody else's runs in a thread of its own, which can be ended whatever it does. */
async function openGenerator(task: LoadTask, part: Part, hooks: GeneratorHooks): Promise<LoadGenerator> {
  const given = { ...task, part }
  if (!task.scenario) {
    const settings = task.settings as unknown as ScenarioSettings
    const scenarios = sendOf(task.model) ? [] : await workloadScenarios(settings, task.runId)
    return createGenerator(given, hooks, { scenarios, clock: realClock })
  }
  const { file, remove } = await unpackScenario(task.scenario)
  const generator = startGeneratorThread(moduleBeside('load-thread'), { ...given, scenarioFile: file }, hooks)
  return {
    ...generator,
    async close() {
      await generator.close()
      await remove()
    },
  }
}

function requirePermitted(
  worker: string,
  { origins, scenario }: LoadTask,
  allowedScenarios: AllowedScenarios,
  allowRemote: boolean,
): void {
  for (const target of origins) {
    try {
      requireLoopback(target, allowRemote)
    } catch (error) {
      throw failure('worker-refuses-target', { worker, target: shownTarget(target) }, error)
    }
  }
  if (!scenario || isAllowed(scenario, allowedScenarios)) return
  throw failure('worker-refuses-scenario', { worker, file: scenario.name, sha256: scenario.sha256 })
}
