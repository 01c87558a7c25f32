import { randomUUID } from 'node:crypto'
import type { BookingAudit } from '../audit/open-audit.ts'
import { collectViolations } from '../audit/result.ts'
import type { Database } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import { createRandom } from '../random.ts'
import type { AuditResult, LoadReport } from '../reports/record.ts'
import type { Workload } from '../workloads/workload.ts'
import { runLoadModel, type RunResult } from './engine.ts'
import { startFaults, type Fault, type InjectedFault, type InjectFault } from './faults.ts'
import { judgeGenerator, watchGenerator } from './generator-monitor.ts'
import { createHttpClient } from './http/client.ts'
import type { HttpClient } from './http-client.ts'
import type { AppendOnlyFile } from './ledger-file.ts'
import { readLedger } from './ledger-reader.ts'
import { startLedger, type LedgerWriter } from './ledger.ts'
import { mostUsersOf, type LoadModel } from './model.ts'
import type { OutcomeStatuses } from './outcome.ts'
import { prepareUsers } from './prepare.ts'
import { createRecorder, type TimelineRow } from './recorder.ts'
import type { Scenario } from './scenario.ts'
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
  /** Does faults to what was started for this run; null when nothing was. */
  readonly inject: InjectFault | null
  /** Stops what was started for this run; nothing else. */
  close(): Promise<void>
}

/** How a run goes. Times in ms. */
export interface LoadOptions<Options extends object> extends OutcomeStatuses {
  readonly workload: Workload<Options>
  readonly workloadOptions: Options
  /** A person's own, instead of the workload's. */
  readonly scenarios: readonly Scenario[] | null
  readonly model: LoadModel
  readonly timeout: number
  readonly seed: string
  readonly thresholds: readonly Threshold[]
  /** As `requirePossible` lets them pass. */
  readonly faults: readonly Fault[]
  readonly startedAt: Date
  /** Called once the target has answered and the users are prepared. */
  readonly createLedgerFile: () => Promise<AppendOnlyFile>
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onSecond: (row: TimelineRow) => void
  /** Called when a fault begins. */
  readonly onFault: (fault: Fault) => void
  readonly onAudit: () => void
}

/** What a report says of a run, apart from its head. */
export type LoadFindings = Pick<LoadReport, 'load' | 'generator' | 'audit' | 'ledger' | 'thresholds'>

/** Findings, and what ended the run when it did not end by itself. */
export interface LoadOutcome {
  /** Part of the names of all bookings of a workload's own users. */
  readonly runId: string
  readonly findings: LoadFindings
  readonly apiFailure: Error | null
}

/** Violations that a load report carries in full; its counts cover all. */
const keptViolations = 20

/** How long answers are waited for after the end of a run, at most. */
const maxGraceMs = 10_000

/**
 * Lets the users loose on `target`, closes it, and audits its database. Throws `target-unreachable`,
 * `scenario-not-prepared`, and `ledger-unwritable`, which ends the run.
 */
export async function runLoad<Options extends object>(
  target: LoadTarget,
  options: LoadOptions<Options>,
): Promise<LoadOutcome> {
  const client = await createHttpClient(target.origin, options.timeout)
  await requireReachable(client, target.origin)
  const runId = randomUUID().slice(0, 8)
  const stop = new AbortController()
  let apiFailure: Error | null = null
  const fail = (error: Error): void => {
    apiFailure ??= error
    stop.abort()
  }
  target.ended.catch(fail)
  const run = {
    ...options,
    scenarios: options.scenarios ?? options.workload.scenarios(options.workloadOptions, runId),
    random: createRandom(options.seed),
    signal: AbortSignal.any([options.signal, stop.signal]),
  }
  const users = await prepareUsers({ ...run, users: mostUsersOf(options.model) })
  const ledger = await openLedger(runId, target, options)
  ledger.failed.catch(() => stop.abort())
  // Only from here on: what scenarios prepare may well keep the process busy.
  const generator = watchGenerator()
  const faults = target.inject && startFaults({ ...run, inject: target.inject, onFailure: fail })
  const result = await runLoadModel({
    ...run,
    users,
    runId,
    statuses: options,
    graceMs: Math.min(options.timeout, maxGraceMs),
    client,
    recorder: createRecorder(),
    ledger,
  })
  const health = generator(result.lateStartP99)
  const injected = (await faults?.end()) ?? []
  await target.close()
  await ledger.close()
  if (injected.length > 0) await awaitWriters(target.database, options.workload)
  options.onAudit()
  return {
    runId,
    apiFailure,
    findings: {
      load: { ...describeLoad(result, target, options), ...describeFaults(injected) },
      generator: { ...health, ...mutable(judgeGenerator(health)) },
      audit: target.audit && (await auditLedger(target.audit, ledger.path)),
      ledger: ledger.path,
      thresholds: options.thresholds.map((threshold) => checkThreshold(threshold, result)),
    },
  }
}

/** What a killed API had begun may still be rolled back while an audit reads. */
async function awaitWriters(database: Database | null, { tables }: Workload): Promise<void> {
  for (const table of tables) await database?.awaitWriters(table)
}

function describeFaults(injected: readonly InjectedFault[]): Pick<LoadReport['load'], 'faults'> {
  return injected.length > 0 ? { faults: [...injected] } : {}
}

async function openLedger<Options extends object>(
  run: string,
  { origin }: LoadTarget,
  options: LoadOptions<Options>,
): Promise<LedgerWriter> {
  const { createLedgerFile, startedAt } = options
  const head = { run, workload: nameOf(options), target: origin, startedAt: startedAt.toISOString() }
  return startLedger(await createLedgerFile(), head)
}

/** From the file, as anybody could later. Not ended by the signal, which has only ended the run. */
async function auditLedger(audit: BookingAudit, ledgerPath: string): Promise<AuditResult> {
  const watch = { onProgress() {}, signal: new AbortController().signal }
  const { entries, counts } = await readLedger(ledgerPath, watch)
  return collectViolations(audit(entries, watch), counts.booked, keptViolations)
}

function nameOf<Options extends object>({ scenarios, workload }: LoadOptions<Options>): string {
  return scenarios ? scenarios.map(({ name }) => name).join(', ') : workload.name
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
  options: LoadOptions<Options>,
): LoadFindings['load'] {
  const { model } = options
  const { lateStartP99: _late, steps, timeline, ...figures } = result
  return {
    workload: nameOf(options),
    target: target.origin,
    model: model.kind === 'open' ? model : { ...model, stages: [...model.stages] },
    ...figures,
    steps: [...steps],
    timeline: [...timeline],
  }
}

function mutable({ valid, reasons }: { readonly valid: boolean; readonly reasons: readonly string[] }) {
  return { valid, reasons: [...reasons] }
}
