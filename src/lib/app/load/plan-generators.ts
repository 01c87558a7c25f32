import type { RunContext } from '../run-context.ts'
import type { RunConfig } from '../../config/resolve.ts'
import { failure } from '../../base/errors/errors.ts'
import type { GeneratorPlan } from '../../load/distributed/generators.ts'
import { readBaseUrl } from '../../load/clients/http/base-url.ts'
import type { ScenarioFacts } from '../../load/scenarios/scenario-facts.ts'
import type { GeneratorCount } from '../../load/engine/model.ts'
import { moduleBeside } from './entry-points.ts'
import { realClock } from '../../base/measure/clock.ts'

/**
 * Chooses the generators that the settings ask for: this process and its threads, or workers, of whom `onNote` is told. Throws
 * `usage-wrong`, and `scenario-unusable` for a file that cannot travel to workers.
 */
export async function planGenerators(
  { version }: RunContext,
  { values, settings }: RunConfig,
  scenario: ScenarioFacts | null,
  onNote: (text: string) => void,
): Promise<GeneratorPlan> {
  const { threads, workers, queue } = values
  // In a config file it may stand for another day.
  const queueIsMeant = settings.queue.origin === 'flag'
  if (workers === undefined && queueIsMeant) {
    throw failure('usage-wrong', { reason: 'Say by --workers how many workers on the queue are to make the load.' })
  }
  if (workers !== undefined && threads > 1) {
    throw failure('usage-wrong', { reason: 'Each worker makes its part in one thread; leave out threads, or workers.' })
  }
  if (workers === undefined) return { kind: 'threads', count: threads, entry: moduleBeside('load-thread') }
  if (queue === undefined) {
    return { kind: 'processes', count: workers, entry: moduleBeside('load-process'), version }
  }
  if (values.target !== undefined && readBaseUrl(values.target).authorization !== null) {
    const reason =
      'The queue carries no passwords. Leave user and password out of --target, and have the scenario send a header authorization.'
    throw failure('usage-wrong', { reason })
  }
  // BullMQ takes its time to load, which only those wait for who use it.
  const { createQueuePool } = await import('../../load/distributed/queue-coordinator.ts')
  const { packScenario } = await import('../../load/distributed/travelling-scenario.ts')
  const travelling = scenario && (await packScenario(scenario.file, scenario.imports))
  return {
    kind: 'queue',
    count: workers,
    openPool: (job, onFailure) =>
      createQueuePool(job, {
        queue,
        count: workers,
        version,
        scenario: travelling,
        waitMs: values.workerWait,
        clock: realClock,
        onNote,
        onFailure,
      }),
  }
}

/** Counts the generators, which have to fit the model. */
export function countGenerators({ kind, count }: GeneratorPlan): GeneratorCount {
  return { kind: kind === 'threads' ? 'threads' : 'workers', count }
}
