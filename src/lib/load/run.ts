import { randomUUID } from 'node:crypto'
import type { Database } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import type { AuditResult, LoadReport } from '../reports/record.ts'
import type { Workload } from '../workloads/workload.ts'
import { auditLedger } from './audit.ts'
import { createGenerator, type GeneratorTask } from './generator.ts'
import { judgeThreads, worstOf, type GeneratorHealth } from './generator-monitor.ts'
import { startGeneratorThread } from './generator-thread.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { createMemoryLedger } from './ledger.ts'
import type { LoadModel } from './model.ts'
import type { RunResult } from './result.ts'
import { runModel, type ModelRun } from './run-model.ts'
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
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onSecond: (row: TimelineRow) => void
  readonly onAudit: () => void
}

/** What a thread gets beside its part: what it needs to make the scenarios itself. */
export interface ThreadTask<Options extends object> extends GeneratorTask {
  readonly scenarioFile: string | null
  readonly workloadOptions: Options
  readonly runId: string
}

/** What a report says of a run, apart from its head. */
export type LoadFindings = Pick<LoadReport, 'load' | 'generator' | 'audit' | 'thresholds'>

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
  const { result, threads } = await runModel({
    ...options,
    origin: target.origin,
    createGenerator: chooseGenerator(options, randomUUID().slice(0, 8)),
    ledger,
    signal: AbortSignal.any([options.signal, stop.signal]),
  })
  await target.close()
  options.onAudit()
  const audit: AuditResult | null = target.database
    ? await auditLedger(options.workload.audit(target.database, ledger), ledger.counts().booked)
    : null
  return {
    apiFailure,
    findings: {
      load: describeLoad(result, target, options),
      generator: describeGenerator(threads),
      audit,
      thresholds: options.thresholds.map((threshold) => checkThreshold(threshold, result)),
    },
  }
}

function chooseGenerator<Options extends object>(
  { workload, workloadOptions, scenarios, scenarioFile, threads, threadEntry, clock }: LoadOptions<Options>,
  runId: string,
): ModelRun['createGenerator'] {
  if (threads > 1) {
    const source = { scenarioFile, workloadOptions, runId }
    return (task, hooks) =>
      startGeneratorThread(threadEntry, { ...task, ...source } satisfies ThreadTask<Options>, hooks)
  }
  const own = scenarios ?? workload.scenarios(workloadOptions, runId)
  return (task, hooks) => createGenerator(task, hooks, { scenarios: own, clock })
}

async function requireReachable(client: HttpClient, origin: string): Promise<void> {
  const { reason } = await client.request({ method: 'GET', path: '/healthz', wantBody: false })
  await client.close()
  if (reason === null) return
  throw failure('target-unreachable', { target: origin, reason })
}

function describeLoad<Options extends object>(
  result: RunResult,
  target: LoadTarget,
  { workload, scenarios, model }: LoadOptions<Options>,
): LoadFindings['load'] {
  const { lateStartP99: _late, steps, timeline, full, ...figures } = result
  return {
    workload: scenarios ? scenarios.map(({ name }) => name).join(', ') : workload.name,
    target: target.origin,
    model: model.kind === 'open' ? model : { ...model, stages: [...model.stages] },
    ...figures,
    ...(model.kind === 'open' ? { full } : {}),
    steps: [...steps],
    timeline: [...timeline],
  }
}

function describeGenerator(threads: readonly GeneratorHealth[]): LoadFindings['generator'] {
  const { valid, reasons } = judgeThreads(threads)
  return { ...worstOf(threads), ...(threads.length > 1 ? { threads: [...threads] } : {}), valid, reasons: [...reasons] }
}
