import { randomUUID } from 'node:crypto'
import type { BookingAudit } from '../audit/open-audit.ts'
import { collectViolations } from '../audit/result.ts'
import type { Database } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import { createRandom } from '../random.ts'
import type { AuditResult, LoadReport } from '../reports/record.ts'
import type { Workload } from '../workloads/workload.ts'
import { runClosedModel, type RunResult } from './engine.ts'
import { judgeGenerator, watchGenerator } from './generator-monitor.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'
import { startLedger, type LedgerWriter } from './ledger.ts'
import type { AppendOnlyFile } from './ledger-file.ts'
import { readLedger } from './ledger-reader.ts'
import { createRecorder, type TimelineRow } from './recorder.ts'
import { checkThreshold, type Threshold } from './thresholds.ts'

/** What is loaded. */
export interface LoadTarget {
  readonly origin: string
  /** Behind it; null when it is not known. */
  readonly database: Database | null
  /** Of that database. */
  readonly audit: BookingAudit | null
  /** Rejects when the API that was started for this run ends too early. */
  readonly ended: Promise<never>
  /** Stops what was started for this run; nothing else. */
  close(): Promise<void>
}

/** How a run goes. Times in ms. */
export interface LoadOptions<Options extends object> {
  readonly workload: Workload<Options>
  readonly workloadOptions: Options
  readonly users: number
  readonly duration: number
  readonly rampUp: number
  readonly timeout: number
  readonly seed: string
  readonly thresholds: readonly Threshold[]
  readonly startedAt: Date
  /** Called once the target has answered. */
  readonly createLedgerFile: () => Promise<AppendOnlyFile>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onSecond: (row: TimelineRow) => void
  readonly onAudit: () => void
}

/** What a report says of a run, apart from its head. */
export type LoadFindings = Pick<LoadReport, 'load' | 'generator' | 'audit' | 'ledger' | 'thresholds'>

/** Findings, and what ended the run when it did not end by itself. */
export interface LoadOutcome {
  readonly findings: LoadFindings
  readonly apiFailure: Error | null
}

/** Violations that a load report carries in full; its counts cover all. */
const keptViolations = 20

/** How long answers are waited for after the end of a run, at most. */
const maxGraceMs = 10_000

/**
 * Lets the workload's users loose on `target`, closes it, and audits its database. Throws
 * `target-unreachable`, and `ledger-unwritable`, which ends the run.
 */
export async function runLoad<Options extends object>(
  target: LoadTarget,
  options: LoadOptions<Options>,
): Promise<LoadOutcome> {
  const client = createHttpClient(target.origin, options.timeout)
  await requireReachable(client, target.origin)
  const run = randomUUID().slice(0, 8)
  const ledger = await openLedger(run, target, options).catch(async (error: unknown) => {
    await client.close()
    throw error
  })
  const stop = new AbortController()
  ledger.failed.catch(() => stop.abort())
  let apiFailure: Error | null = null
  target.ended.catch((error: Error) => {
    apiFailure = error
    stop.abort()
  })
  const generator = watchGenerator()
  const result = await runClosedModel({
    ...options,
    scenarios: options.workload.scenarios(options.workloadOptions, run),
    durationMs: options.duration,
    rampUpMs: options.rampUp,
    graceMs: Math.min(options.timeout, maxGraceMs),
    random: createRandom(options.seed),
    client,
    recorder: createRecorder(),
    ledger,
    signal: AbortSignal.any([options.signal, stop.signal]),
  })
  const health = generator(result.lateStartP99)
  await target.close()
  await ledger.close()
  options.onAudit()
  return {
    apiFailure,
    findings: {
      load: describeLoad(result, target, options),
      generator: { ...health, ...mutable(judgeGenerator(health)) },
      audit: target.audit && (await auditLedger(target.audit, ledger.path)),
      ledger: ledger.path,
      thresholds: options.thresholds.map((threshold) => checkThreshold(threshold, result)),
    },
  }
}

async function openLedger<Options extends object>(
  run: string,
  { origin }: LoadTarget,
  { createLedgerFile, startedAt, workload }: LoadOptions<Options>,
): Promise<LedgerWriter> {
  const head = { run, workload: workload.name, target: origin, startedAt: startedAt.toISOString() }
  return startLedger(await createLedgerFile(), head)
}

/** From the file, as anybody could later. Not ended by the signal, which has only ended the run. */
async function auditLedger(audit: BookingAudit, ledgerPath: string): Promise<AuditResult> {
  const watch = { onProgress() {}, signal: new AbortController().signal }
  const { entries, counts } = await readLedger(ledgerPath, watch)
  return collectViolations(audit(entries, watch), counts.booked, keptViolations)
}

async function requireReachable(client: HttpClient, origin: string): Promise<void> {
  const { reason } = await client.request({ method: 'GET', path: '/healthz', wantBody: false })
  if (reason === null) return
  await client.close()
  throw failure('target-unreachable', { target: origin, reason })
}

function describeLoad<Options extends object>(
  result: RunResult,
  target: LoadTarget,
  { workload, users }: LoadOptions<Options>,
): LoadFindings['load'] {
  const { lateStartP99: _late, totalResponseMs: _total, steps, timeline, ...figures } = result
  return {
    workload: workload.name,
    target: target.origin,
    users,
    ...figures,
    steps: [...steps],
    timeline: [...timeline],
  }
}

function mutable({ valid, reasons }: { readonly valid: boolean; readonly reasons: readonly string[] }) {
  return { valid, reasons: [...reasons] }
}
