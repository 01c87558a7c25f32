import { randomUUID } from 'node:crypto'
import type { Database } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import type { AuditResult, LoadReport } from '../reports/record.ts'
import type { Workload } from '../workloads/workload.ts'
import { auditLedger } from './audit.ts'
import { findLimit, type Trial } from './find-limit.ts'
import { describeGenerator, describeLimit, describeLoad } from './findings.ts'
import { createGenerator, type GeneratorTask } from './generator.ts'
import { startGeneratorThread } from './generator-thread.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { createMemoryLedger } from './ledger.ts'
import type { Limit } from './limit.ts'
import type { LoadModel } from './model.ts'
import { runModel, type ModelRun, type ModelRunResult } from './run-model.ts'
import { createSaturationGenerator } from './saturation.ts'
import type { Scenario } from './scenario.ts'
import { checkThreshold, type Threshold } from './thresholds.ts'
import type { TimelineRow } from './timeline.ts'

/** What is loaded. */
export interface LoadTarget {
  readonly origin: string
  /** What the audit reads; null when it is not known. */
  readonly database: Database | null
  /** Rejects when the API that was started for this run ends too early. */
  readonly ended: Promise<never>
  /** Stops what was started for this run; nothing else. */
  close(): Promise<void>
}

/** How a run goes. Times in ms. */
export interface LoadOptions<Options extends object> {
  readonly workload: Workload<Options>
  readonly workloadOptions: Options
  /** A person's own, instead of the workload's. */
  readonly scenarios: readonly Scenario[] | null
  /** Where they were read from. */
  readonly scenarioFile: string | null
  readonly model: LoadModel
  /** Of the generator; one is this thread. */
  readonly threads: number
  /** The module that runs in each of several threads, with a `ThreadTask` as its data. */
  readonly threadEntry: URL
  readonly timeout: number
  readonly seed: string
  readonly thresholds: readonly Threshold[]
  /** What the highest load that holds it is looked for; null runs the model as it is. */
  readonly limit: Limit | null
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onSecond: (row: TimelineRow) => void
  /** Called after each trial of a search. */
  readonly onTrial: (trial: Trial) => void
  readonly onAudit: () => void
}

/** What a thread gets beside its part: what it needs to make the scenarios itself. */
export interface ThreadTask<Options extends object> extends GeneratorTask {
  readonly scenarioFile: string | null
  readonly workloadOptions: Options
  readonly runId: string
}

/** What a report says of a run, apart from its head. */
export type LoadFindings = Pick<LoadReport, 'load' | 'limit' | 'generator' | 'audit' | 'thresholds'>

/** Findings, and what ended the run when it did not end by itself. */
export interface LoadOutcome {
  readonly findings: LoadFindings
  readonly apiFailure: Error | null
}

/**
 * Lets the users loose on `target`, closes it, and audits its database. Throws `target-unreachable`,
 * `scenario-not-prepared` or `thread-ended`.
 */
export async function runLoad<Options extends object>(
  target: LoadTarget,
  options: LoadOptions<Options>,
): Promise<LoadOutcome> {
  await requireReachable(createHttpClient(target.origin, options.timeout), target.origin)
  const ledger = createMemoryLedger()
  const stop = new AbortController()
  let apiFailure: Error | null = null
  target.ended.catch((error: Error) => {
    apiFailure = error
    stop.abort()
  })
  const signal = AbortSignal.any([options.signal, stop.signal])
  const runOnce = (model: LoadModel): Promise<ModelRunResult> => {
    const generator = chooseGenerator(model, target.origin, options)
    return runModel({ ...options, model, createGenerator: generator, ledger, signal })
  }
  const { limit, model } = options
  const search = limit && model.kind !== 'saturation' && { ...options, limit, model, signal, runModel: runOnce }
  const found = search ? await findLimit(search) : null
  const run = found ? found.run : await runOnce(model)
  const thresholds = [...(limit?.conditions ?? []), ...options.thresholds]
  await target.close()
  options.onAudit()
  const audit: AuditResult | null = target.database
    ? await auditLedger(options.workload.audit(target.database, ledger), ledger.counts().booked)
    : null
  return {
    apiFailure,
    findings: {
      load: describeLoad(run, target.origin, nameOf(options)),
      ...(limit && found ? { limit: describeLimit(limit, found) } : {}),
      generator: describeGenerator(run.threads, found?.obstacles ?? []),
      audit,
      thresholds: thresholds.map((threshold) => checkThreshold(threshold, run.result)),
    },
  }
}

function chooseGenerator<Options extends object>(
  model: LoadModel,
  origin: string,
  options: LoadOptions<Options>,
): ModelRun['createGenerator'] {
  const { workload, workloadOptions, scenarioFile, threadEntry, threads, timeout, seed, clock } = options
  if (model.kind === 'saturation') {
    return (_part, hooks) => createSaturationGenerator({ origin, timeout, model, clock }, hooks)
  }
  const runId = randomUUID().slice(0, 8)
  const task = { origin, timeout, model, seed }
  if (threads > 1) {
    return (part, hooks) => {
      const data: ThreadTask<Options> = { ...task, part, scenarioFile, workloadOptions, runId }
      return startGeneratorThread(threadEntry, data, hooks)
    }
  }
  const scenarios = options.scenarios ?? workload.scenarios(workloadOptions, runId)
  return (part, hooks) => createGenerator({ ...task, part }, hooks, { scenarios, clock })
}

async function requireReachable(client: HttpClient, origin: string): Promise<void> {
  const { reason } = await client.request({ method: 'GET', path: '/healthz', wantBody: false })
  await client.close()
  if (reason === null) return
  throw failure('target-unreachable', { target: origin, reason })
}

function nameOf<Options extends object>({ model, scenarios, workload }: LoadOptions<Options>): string {
  if (model.kind === 'saturation') return `${model.send.method} ${model.send.path}`
  return scenarios ? scenarios.map(({ name }) => name).join(', ') : workload.name
}
