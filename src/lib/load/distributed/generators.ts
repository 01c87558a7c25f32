import type { Clock } from '../../base/measure/clock.ts'
import { createAutocannonGenerator } from '../clients/autocannon.ts'
import { createGenerator, type GeneratorTask } from '../engine/generator.ts'
import { startGeneratorProcess } from './generator-process.ts'
import { startGeneratorThread } from './generator-thread.ts'
import { sendOf } from '../engine/model.ts'
import type { ModelRun } from './run-model.ts'
import type { Scenario } from '../../ports/scenario.ts'

/** What a thread or a process needs to make the scenarios itself. */
export interface ScenarioTask extends GeneratorTask {
  /** A person's own; null for the workload's. */
  readonly scenarioFile: string | null
  /** How long reading it may take, and preparing users without another one that is ready, ms. */
  readonly prepareTimeout: number
  /** What makes the workload's. */
  readonly settings: object
  /** A thread is the only one of its process that makes load; not unless given. */
  readonly isAlone?: boolean
}

/** What a process gets beside that. */
export interface ProcessTask extends ScenarioTask {
  /** Of rushbench. */
  readonly version: string
}

/** What all generators of a run are told, wherever they are. */
export type SharedTask = Omit<ScenarioTask, 'shard'>

/** Workers on a queue, for one run of a model. */
export type Fleet = Pick<ModelRun, 'createGenerator'>

/** Who makes a load. `entry` is the module that each thread or process runs. */
export type GeneratorPlan =
  | { readonly kind: 'threads'; readonly count: number; readonly entry: URL }
  | { readonly kind: 'processes'; readonly count: number; readonly entry: URL; readonly version: string }
  | {
      readonly kind: 'queue'
      readonly count: number
      /** `onFailure` is told when the queue itself was lost. */
      readonly openFleet: (task: SharedTask, onFailure: (error: Error) => void) => Fleet
    }

/** What is run, and by whom. */
export interface RunPlan extends SharedTask {
  readonly generators: GeneratorPlan
  /** For a generator in this thread. */
  readonly scenarios: () => readonly Scenario[]
  readonly clock: Clock
  /** Told when what ties the generators together was lost. */
  readonly onFailure: (error: Error) => void
}

/**
 * The generators of one run of a model: a single one works in this thread, but for a person's own scenarios, which may keep
 * theirs busy for ever.
 */
export function openGenerators(plan: RunPlan): Pick<ModelRun, 'shards' | 'createGenerator'> {
  const { model, generators, clock, timeout } = plan
  if (model.kind === 'saturation' && model.engine === 'autocannon') {
    const origin = plan.origins[0] as string
    return {
      shards: 1,
      createGenerator: (_part, hooks) => createAutocannonGenerator({ origin, timeout, model, clock }, hooks),
    }
  }
  const task = sharedTask(plan)
  if (generators.kind === 'queue') return { shards: generators.count, ...generators.openFleet(task, plan.onFailure) }
  if (generators.kind === 'processes') {
    const { count, entry, version } = generators
    return {
      shards: count,
      createGenerator: (shard, hooks) => startGeneratorProcess(entry, { ...task, shard, version }, hooks),
    }
  }
  const { count, entry } = generators
  if (count > 1 || plan.scenarioFile !== null) {
    return {
      shards: count,
      createGenerator: (shard, hooks) => startGeneratorThread(entry, { ...task, shard }, hooks),
    }
  }
  const scenarios = sendOf(model) ? [] : plan.scenarios()
  return {
    shards: 1,
    createGenerator: (shard, hooks) => createGenerator({ ...task, shard }, hooks, { scenarios, clock }),
  }
}

/** Only what may leave this process. */
function sharedTask(plan: RunPlan): SharedTask {
  const { origins, timeout, model, seed, runId, statuses, scenarioFile, settings, prepareTimeout } = plan
  return { origins, timeout, model, seed, runId, statuses, scenarioFile, settings, prepareTimeout }
}
