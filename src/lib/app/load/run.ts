import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { ignoreFailure } from '../../base/abort.ts'
import { collectAudit, type BookingAudit } from '../../audit/open-audit.ts'
import type { Database } from '../../ports/database.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { Clock } from '../../base/measure/clock.ts'
import type { AuditResult, LoadReport } from '../../record/record.ts'
import type { Violation, Workload } from '../../ports/workload.ts'
import {
  startFaults,
  type Fault,
  type FaultInjection,
  type InjectedFault,
  type InjectFault,
} from '../../load/faults/faults.ts'
import { findLimit, type LimitFound, type LimitSearch, type Trial } from '../../load/limits/find-limit.ts'
import { openGenerators, type GeneratorPlan } from '../../load/distributed/generators.ts'
import { describeGenerator, describeLimit, describeLoad } from './results.ts'
import type { OpenClient } from '../../load/clients/database/generator-pool.ts'
import { createSocketClient } from '../../load/clients/http/socket-client.ts'
import { shownTarget, whyUnreachable } from '../../load/clients/target.ts'
import type { AppendOnlyFile } from '../../load/ledger/ledger-file.ts'
import { readLedger } from '../../load/ledger/ledger-reader.ts'
import { startLedger, unwrittenLedger, type LedgerWriter } from '../../load/ledger/ledger.ts'
import type { Limit } from '../../load/limits/limit.ts'
import { openableConnections } from '../../load/engine/descriptors.ts'
import { stepOf } from '../../load/clients/fixed-request.ts'
import type { DatabaseAccess, LoadJob } from '../../load/engine/load-job.ts'
import { sendOf, type LoadModel } from '../../load/engine/model.ts'
import type { OutcomeStatuses } from '../../ports/outcome.ts'
import type { PreparingProgress } from '../../load/engine/generator.ts'
import { runModel, type ModelRunResult } from '../../load/distributed/run-model.ts'
import type { Threshold } from '../../base/threshold.ts'
import { checkThreshold, limitErrors } from '../../load/metrics/thresholds.ts'
import type { OnSecond } from '../../load/metrics/timeline.ts'
import { watchServer } from '../../load/metrics/server-watch.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'
import type { Watch } from '../../base/progress.ts'
import type { ScenarioSettings } from '../../config/sent-settings.ts'
import type { JobScript } from '../../load/sql-script/script-scenarios.ts'
import { scriptScenarios } from './sql-scripts.ts'
import { chooseScenarios } from '../../load/scenarios/define-scenario.ts'

/** The target of a load. */
export interface LoadTarget {
  readonly origin: string
  /** The origin of every replica, that one first, or none where the load is on a database; with a path for all requests, and with user and password where there are any. */
  readonly origins: readonly string[]
  /** Behind it, or the target itself; null when it is not known. */
  readonly database: Database | null
  /** How users reach a database; null where they talk to an API alone. */
  readonly access: DatabaseAccess | null
  /** The audit of that database. */
  readonly audit: BookingAudit | null
  /** Checks what the replicas keep in memory against that database; null when it is not known, or they keep nothing. */
  readonly inspect: ((watch: Watch) => AsyncIterable<Violation>) | null
  /** Rejects when the API that was started for this run ends too early. */
  readonly ended: Promise<never>
  /** Does faults to what was started for this run; null when nothing was. */
  readonly inject: InjectFault | null
  /** Retries that the database demanded of the API that was started for this run; null when none was. */
  readonly retries: (() => RetryCounts) | null
  /** Stops what was started for this run; nothing else. */
  close(): Promise<void>
}

/** How a run goes. Times in ms. */
export interface LoadOptions<Options extends object> extends OutcomeStatuses {
  readonly workload: Workload<Options>
  readonly workloadOptions: Options
  /** Names of those of the workload's scenarios that are run; all unless given. */
  readonly mix: readonly string[] | undefined
  /** Names of a person's own scenarios, which are run instead of the workload's. */
  readonly scenarioNames: readonly string[] | null
  /** Where they stand. */
  readonly scenarioFile: string | null
  /** A person's own SQL, which is run instead of scenarios; null for none. */
  readonly scripts: readonly JobScript[] | null
  /** How long reading them may take, and preparing users without another one that is ready. */
  readonly prepareTimeout: number
  readonly model: LoadModel
  readonly generators: GeneratorPlan
  /** Options that the workload's scenarios may ask for, and that may leave this process. */
  readonly scenarioSettings: object
  readonly timeout: number
  readonly seed: string
  readonly thresholds: readonly Threshold[]
  /** The limit for which the highest load that holds it is searched; null runs the model as it is. */
  readonly limit: Limit | null
  /** As `requirePossible` lets them pass. */
  readonly faults: readonly Fault[]
  readonly startedAt: Date
  /** Called once the target has answered and the users are prepared. */
  readonly createLedgerFile: () => Promise<AppendOnlyFile>
  readonly clock: Clock
  readonly openClient: OpenClient
  readonly signal: AbortSignal
  readonly onPreparing: (progress: PreparingProgress | null) => void
  readonly onSecond: OnSecond
  /** Called after each trial of a search. */
  readonly onTrial: (trial: Trial) => void
  /** Called when a fault begins. */
  readonly onFault: (fault: Fault) => void
  /** Called when no more is sent, and told whether the database is audited now. */
  readonly onEnd: (isAudited: boolean) => void
}

/** The report of a run, apart from its head. */
export type LoadResults = Pick<
  LoadReport,
  'load' | 'limit' | 'generator' | 'audit' | 'auditFailure' | 'ledger' | 'thresholds' | 'retries'
>

/** Results, and what ended the run when it did not end by itself, or kept it from being audited. */
export interface LoadOutcome {
  /** Part of the names of all bookings of a workload's own users. */
  readonly runId: string
  readonly results: LoadResults
  readonly failure: Error | null
}

/** Violations that a load report carries in full; its counts cover all. */
const keptViolations = 20

/**
 * Lets the users loose on `target`, closes it, and audits its database. Throws `target-unreachable`,
 * `scenario-not-prepared`, `scenario-wrong`, `thread-ended`, `worker-ended`, and `ledger-unwritable`, which ends the run.
 */
export async function runLoad<Options extends object>(
  target: LoadTarget,
  options: LoadOptions<Options>,
): Promise<LoadOutcome> {
  for (const origin of target.origins) await requireReachable(origin, options.timeout)
  const runId = randomUUID().slice(0, 8)
  const course = startCourse(runId, target, options)
  const { endFaults } = course
  const measuring = measure(options, course)
  // Also when it fails: nothing is injected after that.
  const injected = await measuring.then(endFaults, endFaults)
  const { run, found } = await measuring
  const thresholds = [...(options.limit?.conditions ?? []), ...options.thresholds]
  const figures = options.scenarioNames === null ? options.workload.figures?.(run.result) : undefined
  const about = { target: target.origin, workload: nameOf(options), limitsErrors: limitErrors(thresholds), figures }
  const written = await course.openLedger()
  const { mistake, apiFailure } = course.ended
  if (mistake && run.result.requests === 0) await abandon(written, mistake)
  const inspecting = inspectTarget(target, apiFailure)
  // What goes wrong in it keeps the run from being audited, not the target from being closed.
  await ignoreFailure(inspecting)
  await target.close()
  const ledgerPath = await written.close()
  options.onEnd(target.audit !== null)
  const { audit, failure: auditFailure } = await tryAudit(async () => {
    if (injected.length > 0 && target.audit) await awaitWriters(target.database, options.workload)
    return target.audit && (await auditLedger(target.audit, ledgerPath, await inspecting))
  })
  return {
    runId,
    failure: mistake ?? apiFailure ?? auditFailure,
    results: {
      load: { ...describeLoad(run, about), ...describeFaults(injected) },
      ...(found ? { limit: describeLimit(found) } : {}),
      generator: describeGenerator(run, found?.obstacles ?? []),
      audit,
      ...(auditFailure ? { auditFailure: reasonOf(auditFailure) } : {}),
      ...retriesOf(target, run),
      ...(ledgerPath === null ? {} : { ledger: ledgerPath }),
      thresholds: thresholds.map((threshold) => checkThreshold(threshold, run.result)),
    },
  }
}

/** The course of a run: one or more runs of a model on one target, with one ledger. */
interface Course {
  readonly signal: AbortSignal
  /** Errors that ended it from outside: the end of the API or of the queue, and a mistake in a scenario. */
  readonly ended: { apiFailure: Error | null; mistake: Error | null }
  readonly runModel: LimitSearch['runModel']
  readonly openLedger: () => Promise<LedgerWriter>
  readonly endFaults: () => Promise<readonly InjectedFault[]>
}

function startCourse<Options extends object>(runId: string, target: LoadTarget, options: LoadOptions<Options>): Course {
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const ended: Course['ended'] = { apiFailure: null, mistake: null }
  let ledger: Promise<LedgerWriter> | null = null
  let faults: FaultInjection | null = null
  let runs = 0

  function onFailure(error: Error): void {
    ended.apiFailure ??= error
    stop.abort()
  }

  function onMistake(error: Error): void {
    ended.mistake ??= error
    stop.abort()
  }

  const openOnce = (): Promise<LedgerWriter> => (ledger ??= openLedger(runId, target, options, stop))

  async function begin(): Promise<LedgerWriter> {
    const opened = await openOnce()
    if (target.inject) faults ??= startFaults({ ...options, inject: target.inject, signal, onFailure })
    return opened
  }

  target.ended.catch(onFailure)
  return {
    signal,
    ended,
    openLedger: openOnce,
    endFaults: async () => (await faults?.end()) ?? [],
    runModel(model, isDecided) {
      // Each run's bookings are set apart, though they stand in one ledger.
      const id = runs++ === 0 ? runId : `${runId}x${runs}`
      const job = jobOf(options, target, { runId: id, model })
      const scenarios = scenariosOf(options, job)
      const pool = openGenerators(job, options.generators, { ...options, scenarios, onFailure })
      const onLost = (): void => stop.abort()
      const serverWatch = target.database && watchServer(target.database, options.clock)
      return runModel({
        ...options,
        ...pool,
        model,
        openLedger: begin,
        serverWatch,
        signal,
        onMistake,
        onLost,
        isDecided,
      })
    },
  }
}

/** Nothing was measured, so that nothing is left behind. */
async function abandon(ledger: LedgerWriter, error: Error): Promise<never> {
  const path = await ledger.close()
  if (path !== null) await rm(path, { force: true })
  throw error
}

/** Retries of an API that was started for the run, or of the users' own transactions. */
function retriesOf({ access, retries }: LoadTarget, { result }: ModelRunResult): Pick<LoadResults, 'retries'> {
  if (retries) return { retries: retries() }
  return access ? { retries: result.retries } : {}
}

/** Waits for transactions of a killed API, which may still be rolled back while an audit reads. */
async function awaitWriters(database: Database | null, { tables }: Workload): Promise<void> {
  for (const table of tables) await database?.awaitWriters(table)
}

function describeFaults(injected: readonly InjectedFault[]): Pick<LoadReport['load'], 'faults'> {
  return injected.length > 0 ? { faults: [...injected] } : {}
}

/** Runs the model once, or over and over to find its limit. */
async function measure<Options extends object>(
  options: LoadOptions<Options>,
  { signal, runModel: runOnce }: Course,
): Promise<{ readonly run: ModelRunResult; readonly found: LimitFound | null }> {
  const { limit, model } = options
  if (!limit) return { run: await runOnce(model, () => false), found: null }
  const highest = highestOf(options)
  const found = await findLimit({ ...options, limit, model, highest, signal, runModel: runOnce })
  return { run: found.run, found }
}

/** The highest level of a search that this machine can open; workers elsewhere say so themselves. */
function highestOf<Options extends object>({ model, generators }: LoadOptions<Options>): number {
  if (model.kind !== 'saturation' || generators.kind === 'queue') return Infinity
  return openableConnections() * (generators.kind === 'processes' ? generators.count : 1)
}

/** One run of the load, as its generators are told of it. */
function jobOf<Options extends object>(
  { timeout, seed, scenarioSettings, scenarioFile, scripts, prepareTimeout, ...options }: LoadOptions<Options>,
  { origins, access }: LoadTarget,
  run: Pick<LoadJob, 'runId' | 'model'>,
): LoadJob {
  const { bookedStatuses, conflictStatuses } = options
  const statuses = { bookedStatuses, conflictStatuses }
  const database = access ? { database: access } : {}
  return {
    ...run,
    origins,
    ...database,
    timeout,
    seed,
    statuses,
    settings: { ...scenarioSettings },
    scenarioFile,
    ...(scripts === null ? {} : { scripts }),
    prepareTimeout,
  }
}

/** For a generator in this thread. */
function scenariosOf<Options extends object>(
  { workload, workloadOptions, scenarioSettings, mix = workload.defaultMix }: LoadOptions<Options>,
  job: LoadJob,
) {
  const { runId, database } = job
  return () =>
    scriptScenarios(job, scenarioSettings as ScenarioSettings) ??
    chooseScenarios(workload.scenarios(workloadOptions, runId, database?.engine), mix)
}

/** A failure to write ends the run. A single request says nothing of bookings. */
async function openLedger<Options extends object>(
  run: string,
  { origin }: LoadTarget,
  options: LoadOptions<Options>,
  stop: AbortController,
): Promise<LedgerWriter> {
  if (sendOf(options.model)) return unwrittenLedger()
  const { createLedgerFile, startedAt } = options
  const head = { run, workload: nameOf(options), target: origin, startedAt: startedAt.toISOString() }
  const ledger = await startLedger(await createLedgerFile(), head)
  ledger.failed.catch(() => stop.abort())
  return ledger
}

/** Audits, or says why not: the measurements are worth their report even when the database is away in the end. */
async function tryAudit(
  audit: () => Promise<AuditResult | null>,
): Promise<{ readonly audit: AuditResult | null; readonly failure: Error | null }> {
  try {
    return { audit: await audit(), failure: null }
  } catch (error) {
    return { audit: null, failure: error as Error }
  }
}

const emptyLedger = { entries: { count: 0, async *read() {} }, counts: { booked: 0, conflict: 0 } }

/** From the file, as anybody could later. Not ended by the signal, which has only ended the run. */
async function auditLedger(
  audit: BookingAudit,
  ledgerPath: string | null,
  inspected: readonly Violation[],
): Promise<AuditResult> {
  const watch = createWatch()
  const { entries, counts } = ledgerPath === null ? emptyLedger : await readLedger(ledgerPath, watch)
  const counted = { acknowledged: counts.booked, refused: counts.conflict }
  return collectAudit(audit, entries, { ...counted, inspected, kept: keptViolations, watch })
}

/** Nothing of an API that has ended: what it kept in memory went with it. */
async function inspectTarget({ inspect }: LoadTarget, apiFailure: Error | null): Promise<Violation[]> {
  const found: Violation[] = []
  if (inspect && !apiFailure) for await (const violation of inspect(createWatch())) found.push(violation)
  return found
}

function createWatch(): Watch {
  return { onProgress() {}, signal: new AbortController().signal }
}

function nameOf<Options extends object>({ model, scenarioNames, workload }: LoadOptions<Options>): string {
  const send = sendOf(model)
  if (send) return stepOf(send)
  return scenarioNames ? scenarioNames.join(', ') : workload.name
}

async function requireReachable(origin: string, timeout: number): Promise<void> {
  const reason = await whyUnreachable(createSocketClient(origin, timeout))
  if (reason !== null) throw failure('target-unreachable', { target: shownTarget(origin), reason })
}
