import type { Clock } from '../../base/measure/clock.ts'
import type { Scenario } from '../../ports/scenario.ts'
import { createAutocannonGenerator } from '../clients/autocannon.ts'
import type { OpenClient } from '../clients/database/generator-pool.ts'
import { createGenerator } from '../engine/generator.ts'
import type { LoadJob } from '../engine/load-job.ts'
import { sendOf } from '../engine/model.ts'
import { startGeneratorProcess, startGeneratorThread } from './local-transports.ts'
import type { GeneratorPool } from './run-model.ts'

/** The generators of a load. `entry` is the module that each thread or process runs. */
export type GeneratorPlan =
  | { readonly kind: 'threads'; readonly count: number; readonly entry: URL }
  | { readonly kind: 'processes'; readonly count: number; readonly entry: URL; readonly version: string }
  | {
      readonly kind: 'queue'
      readonly count: number
      /** `onFailure` is told when the queue itself was lost. */
      readonly openPool: (job: LoadJob, onFailure: (error: Error) => void) => GeneratorPool
    }

/** This thread, as far as generators need it. */
export interface LocalHost {
  readonly scenarios: () => readonly Scenario[]
  readonly clock: Clock
  readonly openClient: OpenClient
  /** Told when what ties the generators together was lost. */
  readonly onFailure: (error: Error) => void
}

/**
 * Opens the generators of one run of a model: a single one works in this thread, but for a person's own scenarios, which
 * may keep theirs busy for ever.
 */
export function openGenerators(job: LoadJob, plan: GeneratorPlan, host: LocalHost): GeneratorPool {
  const { model, timeout } = job
  const { clock, openClient } = host
  if (model.kind === 'saturation' && model.engine === 'autocannon') {
    const origin = job.origins[0] as string
    return {
      shards: 1,
      createGenerator: (_shard, hooks) => createAutocannonGenerator({ origin, timeout, model, clock }, hooks),
    }
  }
  if (plan.kind === 'queue') return plan.openPool(job, host.onFailure)
  if (plan.kind === 'processes') {
    const { count, entry, version } = plan
    return {
      shards: count,
      createGenerator: (shard, hooks) =>
        startGeneratorProcess(entry, { kind: 'task', job: { ...job, shard }, version }, hooks),
    }
  }
  const { count, entry } = plan
  if (count > 1 || job.scenarioFile !== null) {
    return {
      shards: count,
      createGenerator: (shard, hooks) => startGeneratorThread(entry, { ...job, shard }, hooks),
    }
  }
  const scenarios = sendOf(model) ? [] : host.scenarios()
  return {
    shards: 1,
    createGenerator: (shard, hooks) => createGenerator({ ...job, shard }, hooks, { scenarios, clock, openClient }),
  }
}
