import { pause } from '../../base/abort.ts'
import {
  compareSides,
  type CacheRun,
  type ExperimentMetric,
  pauseAfter,
  sidesInTurn,
  type CacheSide,
} from '../../compare/cache-experiment.ts'
import type { RunConfig } from '../../config/resolve.ts'
import { connectDatabase } from '../../adapters/databases/registry.ts'
import { failure } from '../../base/errors/errors.ts'
import type { LoadReport } from '../../record/record.ts'
import { loadWorkload } from '../../workloads/registry.ts'
import type { CacheTrial } from '../../ports/workload.ts'
import { requireServices } from '../services.ts'

/** The results of the experiment. */
export interface CacheExperiment {
  readonly experiment: 'cache'
  /** In the order in which they were made; fewer when it was ended early. */
  readonly runs: readonly CacheRun[]
  /** Null when it was ended early. */
  readonly metrics: readonly ExperimentMetric[] | null
}

/** How the experiment is made. */
export interface CacheExperimentPlan {
  readonly config: RunConfig
  /** Show the original beside it. */
  readonly besideOriginal: boolean
  /** Makes one run, and saves its report. */
  readonly load: (config: RunConfig) => Promise<{ readonly report: LoadReport; readonly runId: string }>
  /** Called before each run. */
  readonly onRun: (number: number, count: number, side: CacheSide) => void
  /** Ends it once the run under way is audited. */
  readonly signal: AbortSignal
}

/**
 * Makes the same run without and with the cache, twice each. What a run booked is taken back after its audit, so that all
 * of them begin with the same database. A run whose audit fails is the last, and its database is left as it is. Throws
 * `usage-wrong`.
 */
export async function runCacheExperiment({
  config,
  besideOriginal,
  load,
  onRun,
  signal,
}: CacheExperimentPlan): Promise<CacheExperiment> {
  const trial = await requireTrial(config)
  // Its first run does without.
  await requireServices(config.values, ['cache'])
  const runs: CacheRun[] = []
  for (const side of sidesInTurn) {
    const last = runs.at(-1)
    // It rejects as soon as the signal aborts.
    if (last) await pause(pauseAfter(last.report.load.seconds * 1000), signal)
    if (signal.aborted || last?.report.audit?.passed === false) break
    onRun(runs.length + 1, sidesInTurn.length, side)
    const { report, runId } = await load(side === 'with' ? config : withoutCache(config))
    runs.push({ side, report })
    if (report.audit?.passed) await withdraw(trial, config.values.db, report, runId)
  }
  const isWhole = runs.length === sidesInTurn.length && runs.every(({ report }) => !report.load.interrupted)
  const metrics = isWhole ? compareSides(runs, besideOriginal ? trial.originals : null) : null
  return { experiment: 'cache', runs, metrics }
}

async function requireTrial({ values: { target, scenario, cache, workload } }: RunConfig): Promise<CacheTrial> {
  const { cacheTrial } = await loadWorkload(workload)
  if (!cacheTrial) {
    throw failure('usage-wrong', { reason: `The workload ${workload} has no cache to be left out: choose another.` })
  }
  if (target !== undefined || scenario !== undefined) {
    throw failure('usage-wrong', {
      reason:
        'The experiment is made with the built-in users and an API of its own: leave out --target and --scenario.',
    })
  }
  if (cache === 'none') {
    throw failure('usage-wrong', {
      reason: 'The experiment needs a cache to compare with: leave out --cache none, or name a cache.',
    })
  }
  return cacheTrial
}

function withoutCache(config: RunConfig): RunConfig {
  return {
    ...config,
    values: { ...config.values, cache: 'none' },
    settings: { ...config.settings, cache: { ...config.settings.cache, shown: 'none', source: '--experiment' } },
  }
}

async function withdraw(
  trial: CacheTrial,
  db: string,
  { startedAt, finishedAt }: LoadReport,
  runId: string,
): Promise<void> {
  await using database = await connectDatabase(db, { poolSize: 1 })
  await trial.withdraw(database, {
    id: runId,
    startedAt: new Date(startedAt),
    finishedAt: new Date(finishedAt),
  })
}
