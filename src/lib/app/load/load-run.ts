import type { RunContext } from '../run-context.ts'
import { letHeapGrow } from '../../base/v8.ts'
import { scenarioSettings } from '../../config/sent-settings.ts'
import { isSet, modelValues, type RunConfig } from '../../config/resolve.ts'
import type { Settings } from '../../config/settings.ts'
import { failure } from '../../base/errors/errors.ts'
import { openDatabaseClient } from '../../adapters/databases/registry.ts'
import { readFacts } from '../../adapters/databases/server-facts.ts'
import { parseFault, requirePossible } from '../../load/faults/faults.ts'
import type { GeneratorPlan } from '../../load/distributed/generators.ts'
import { requireDescriptors } from '../../load/engine/descriptors.ts'
import { createLedgerBesideReport, createLedgerFile, requireNewLedger } from '../../load/ledger/ledger-file.ts'
import { parseLimit } from '../../load/limits/limit.ts'
import { checkModel, createModel, durationOf, mostUsersOf, type LoadModel } from '../../load/engine/model.ts'
import { runLoad } from './run.ts'
import { readScenarioFacts, type ScenarioFacts } from '../../load/scenarios/scenario-facts.ts'
import { parseThreshold } from '../../load/metrics/thresholds.ts'
import { realClock } from '../../base/measure/clock.ts'
import { describeRun } from '../describe-run.ts'
import type { LoadReport } from '../../record/record.ts'
import { documentOf } from '../../render/render.ts'
import { terminalText } from '../../render/terminal/terminal.ts'
import { workloadOf, type BuiltInWorkload } from '../../workloads/registry.ts'
import { moduleBeside } from './entry-points.ts'
import { planGenerators, countGenerators } from './plan-generators.ts'
import { openLoadTarget } from './load-target.ts'
import { requireFitting, requireWithoutPassword, subjectOf } from './load-subject.ts'
import { readRequestModel, type RequestFlags } from './request-model.ts'
import { requirePlaces, saveAndPrint } from '../save-run.ts'
import { chooseScenarios } from '../../load/scenarios/define-scenario.ts'
import { readSqlScripts } from './sql-scripts.ts'
import { scriptName } from '../../load/sql-script/script-scenarios.ts'
import { requireServices, type Service } from '../services.ts'

/** The flags of `load` that are no settings. */
export interface LoadFlags extends RequestFlags {
  readonly request?: string | undefined
  readonly ledger?: string | undefined
  readonly fault?: readonly string[] | undefined
  readonly experiment?: string | undefined
  readonly 'allow-remote': boolean
  readonly 'beside-original': boolean
}

/** Makes one run of `load`, prints its summary, and saves its report. Throws errors for a user to read. */
export async function makeLoadRun(
  context: RunContext,
  flags: LoadFlags,
  config: RunConfig,
): Promise<{ readonly report: LoadReport; readonly runId: string }> {
  const { values } = config
  const { scenario, scripts, seconds, ...plan } = await planRun(context, flags, config)
  const { workload, subject, generators, faults, model } = plan
  const isOwn = scenario === null && scripts === null
  await requirePlaces(values.reports)
  await requireServices(values, scripts === null ? servicesOf(workload, config, generators) : queueOf(generators))
  if (flags.ledger !== undefined) await requireNewLedger(flags.ledger)
  const startedAt = new Date()
  await using target = await openLoadTarget(context, workload, config, {
    allowRemote: flags['allow-remote'],
    faults,
    subject,
    users: mostUsersOf(model),
    isOwn,
    asksDatabase: scenario?.usesDatabase ?? false,
  })
  if (generators.kind === 'queue') requireWithoutPassword(target.access)
  const {
    results,
    runId,
    failure: ended,
  } = await runLoad(target, {
    ...values,
    ...plan,
    scenarioNames: scenario?.names ?? scripts?.map(({ name }) => scriptName(name)) ?? null,
    scripts,
    scenarioFile: scenario?.file ?? null,
    scenarioSettings: scenarioSettings(values),
    workloadOptions: values,
    clock: realClock,
    openClient: openDatabaseClient,
    signal: context.signal,
    startedAt,
    createLedgerFile: () =>
      flags.ledger === undefined ? createLedgerBesideReport(values.reports, startedAt) : createLedgerFile(flags.ledger),
    onPreparing: context.progress.preparing(),
    onSecond: seconds.update,
    onTrial: context.progress.trial(),
    onFault: ({ expression }) => seconds.note(`fault: ${expression}`),
    onEnd: (isAudited) => seconds.stop(isAudited ? 'Auditing the database' : null),
  })
  const engine = target.database?.engine ?? null
  const server = target.database ? await readFacts(target.database, scripts === null ? workload.tables : []) : null
  const run = describeRun('load', { startedAt, config, engine, server, version: context.version })
  const report = { ...run, ...results }
  // An experiment shows it once, after its last run.
  const showsOriginal = flags['beside-original'] && flags.experiment === undefined
  const document = documentOf(report, showsOriginal ? workload.original : null)
  const summary = `\n${terminalText(document, context.paint)}\n`
  await saveAndPrint(report, values, { log: context.log, summary, ledger: results.ledger })
  if (ended) throw ended
  return { report, runId }
}

/** Reads what is to be run out of flags and settings, before anything is opened. Throws what is wrong with them. */
async function planRun(context: RunContext, flags: LoadFlags, config: RunConfig) {
  const { values } = config
  if (flags['beside-original']) requireOriginal(flags.request, values)
  const thresholds = (values.threshold ?? []).map(parseThreshold)
  const model = await chooseModel(flags, config)
  const scenario = await readScenario(context, config)
  const scripts = await readSqlScripts(config, flags)
  const limit = values.findLimit === undefined ? null : parseLimit(values.findLimit)
  const seconds = context.progress.seconds(durationOf(model))
  const generators = await planGenerators(context, config, scenario, seconds.note)
  checkModel(model, { ...countGenerators(generators), raised: limit !== null })
  // Workers elsewhere say it themselves.
  if (generators.kind !== 'queue')
    requireDescriptors(model, { index: 0, of: generators.kind === 'processes' ? generators.count : 1 })
  const faults = (flags.fault ?? []).map(parseFault)
  const workload = await workloadOf(values)
  const subject = subjectOf(config, workload, scenario)
  requireFitting(flags, workload, scenario, subject)
  requirePossible(faults, durationOf(model), subject)
  // A name that is wrong is said before the database is filled.
  if (scenario === null && scripts === null)
    chooseScenarios(workload.scenarios(values, ''), values.mix ?? workload.defaultMix)
  if (scenario !== null && subject === 'own API') {
    context.note(
      `Without --target the scenario loads the built-in API of the workload ${workload.name}, which rushbench starts; name yours with --target.`,
    )
  }
  return { workload, subject, model, scenario, scripts, generators, thresholds, limit, faults, seconds }
}

/** Throws `usage-wrong` for a person's own scenario, or a request to a target of their own. */
function requireOriginal(request: string | undefined, { scenario, target }: Settings): void {
  if (scenario === undefined && (request === undefined || target === undefined)) return
  throw failure('usage-wrong', {
    reason: 'Only built-in workloads have an original to show: leave out --beside-original.',
  })
}

/** Names the services that a load needs beside its database: all that its own API does; for another, those of its audit. */
function servicesOf({ needs }: BuiltInWorkload, { values, settings }: RunConfig, generators: GeneratorPlan): Service[] {
  // Tables of somebody else are audited without.
  const isAudited = !values.audit && isSet(settings.db)
  const used = needs.filter((service) => values.target === undefined || (service === 'broker' && isAudited))
  return [...used, ...queueOf(generators)]
}

function queueOf({ kind }: GeneratorPlan): Service[] {
  return kind === 'queue' ? ['queue'] : []
}

/** Reads a person's own scenario; null for the workload's. Its code never runs in this thread, which has to hear of Ctrl-C. */
async function readScenario({ signal }: RunContext, { values }: RunConfig): Promise<ScenarioFacts | null> {
  if (values.scenario === undefined) return null
  const entry = moduleBeside('scenario-thread')
  return readScenarioFacts(values.scenario, { entry, timeoutMs: values.prepareTimeout, signal })
}

async function chooseModel(flags: LoadFlags, config: RunConfig): Promise<LoadModel> {
  if (flags.request === undefined) return createModel(modelValues(config))
  const model = await readRequestModel(flags.request, flags, config)
  // Whoever sends as fast as it can makes garbage as fast; users that think do well in half the memory.
  if (model.kind === 'saturation') letHeapGrow()
  return model
}
