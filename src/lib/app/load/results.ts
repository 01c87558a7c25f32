import { judgeLoad } from '../../load/metrics/load-verdict.ts'
import type { LoadReport } from '../../record/record.ts'
import type { LimitFound, Trial } from '../../load/limits/find-limit.ts'
import { worstOf } from '../../load/metrics/generator-monitor.ts'
import { stepOf } from '../../load/clients/fixed-request.ts'
import { generalAdvice } from '../../load/metrics/generator-verdict.ts'
import { raisedOf, type LoadModel } from '../../load/engine/model.ts'
import type { ModelRunResult, WorkerRun } from '../../load/distributed/run-model.ts'
import type { FixedRequest } from '../../ports/http-client.ts'
import type { WorkloadFigure } from '../../ports/workload.ts'

/** Facts of a run beside its figures. */
export interface LoadAbout {
  readonly target: string
  /** Names what was run. */
  readonly workload: string
  /** A threshold says how many iterations may throw. */
  readonly limitsErrors: boolean
  /** In the workload's own measure. */
  readonly figures?: readonly WorkloadFigure[] | undefined
}

/** Describes a run for its report. */
export function describeLoad(
  { model, result, workers, serverActivity }: ModelRunResult,
  { target, workload, limitsErrors, figures: own = [] }: LoadAbout,
): LoadReport['load'] {
  const faults = judgeLoad(result, limitsErrors)
  const { lateStartP99: _late, lateStartP50, startsMs, full, statements, retries: _retries, ...figures } = result
  return {
    verdict: { passed: faults.length === 0, reasons: faults },
    workload,
    target,
    model: describeModel(model, startsMs),
    ...figures,
    ...(own.length > 0 ? { figures: [...own] } : {}),
    ...(statements.length > 0 ? { statements } : {}),
    ...(model.kind === 'open' ? { full } : {}),
    ...(lateStartP50 === null ? {} : { lateStartP50 }),
    ...(workers.length > 0 ? { workers: workers.map(describeWorker) } : {}),
    ...(serverActivity ? { serverActivity } : {}),
  }
}

function describeWorker({ clock, health, lost, ...facts }: WorkerRun) {
  return {
    ...facts,
    ...(health ? { ...health } : {}),
    ...(clock ? { clockOffsetMs: clock.offsetMs, clockRoundTripMs: clock.roundTripMs } : {}),
    ...(lost === null ? {} : { lost }),
  }
}

function describeModel(model: LoadModel, startsMs: number): LoadReport['load']['model'] & {} {
  if (model.kind === 'open') {
    const { bursts, send, ...rest } = model
    return { ...rest, ...(bursts ? { bursts: [...bursts] } : {}), ...(send ? describeRequest(send) : {}) }
  }
  if (model.kind === 'closed') {
    const over = model.starts === 'spread' ? { startsOverMs: Math.round(startsMs) } : {}
    return { ...model, ...over, stages: [...model.stages] }
  }
  const { send, ...rest } = model
  return { ...rest, ...describeRequest(send) }
}

/** Headers and body are left out, since they may well hold a password. */
function describeRequest(send: FixedRequest) {
  return { request: stepOf(send), bodyBytes: send.body.length, expect: send.expect }
}

/** Describes the generator for a report; `obstacles` are further reasons why the run is not valid. */
export function describeGenerator(
  { threads, workers, verdict: { valid, reasons, advice } }: ModelRunResult,
  obstacles: readonly string[],
): LoadReport['generator'] {
  return {
    ...worstOf(threads),
    ...(threads.length > 1 && workers.length === 0 ? { threads: [...threads] } : {}),
    valid: valid && obstacles.length === 0,
    reasons: [...reasons, ...obstacles],
    ...adviceOf(advice ?? (obstacles.length > 0 ? generalAdvice : null)),
  }
}

function adviceOf(advice: string | null): Pick<LoadReport['generator'], 'advice'> {
  return advice === null ? {} : { advice }
}

/** Describes a search for the highest load for a report. */
export function describeLimit({ limit, held, failed, trials, run }: LimitFound): NonNullable<LoadReport['limit']> {
  return {
    expression: limit.expression,
    raised: raisedOf(run.model),
    held,
    failed,
    trials: trials.map(describeTrial),
  }
}

function describeTrial({ level, outcome, run: { result, decided } }: Trial) {
  const { seconds, requests, failures, errors, skipped, rps, responseTime } = result
  const { p50, p95, p99 } = responseTime
  const early = decided ? { decided } : {}
  return { level, outcome, seconds, requests, failures, errors, skipped, rps, p50, p95, p99, ...early }
}
