import { openDatabase, type RunContext } from '../run-context.ts'
import { formatCount } from '../../base/format.ts'
import type { Sleep } from '../../base/measure/clock.ts'
import { openAudit } from '../../audit/open-audit.ts'
import { isSet, type ResolvedConfig } from '../../config/resolve.ts'
import { ensureTables } from '../../adapters/databases/migrations/apply.ts'
import type { Database, PausableAccess } from '../../ports/database.ts'
import { engineOf, openPausable } from '../../adapters/databases/registry.ts'
import { failure } from '../../base/errors/errors.ts'
import type { DatabaseAccess } from '../../load/engine/load-job.ts'
import { requireLocalDatabase } from '../../load/clients/database/local-database.ts'
import type { Fault, FaultSubject, InjectFault } from '../../load/faults/faults.ts'
import type { LoadTarget } from './run.ts'
import { requireLoopback, shownTarget } from '../../load/clients/target.ts'
import type { BuiltInWorkload } from '../../workloads/registry.ts'
import { fillTables } from '../migrate.ts'
import { createServices, type OpenedServices } from '../services.ts'
import { startReplicas, type Replicas } from '../server/replicas.ts'
import { refuseUnsettled } from '../../seeding/reservation-journal.ts'

/** Connections that preparing and auditing need, the lock of a migration one; the API has its own. */
const ownConnections = 2

const never = new Promise<never>(() => {})

/** How a target is going to be used. */
export interface LoadIntent {
  readonly allowRemote: boolean
  readonly faults: readonly Fault[]
  readonly subject: FaultSubject
  /** The most users at the same time, each of whom may need a connection. */
  readonly users: number
  /** Its users are the workload's own, and not those of a person's scenario. */
  readonly isOwn: boolean
  /** Users of that scenario send statements. */
  readonly asksDatabase: boolean
}

/**
 * Opens the target of `load`: the given one, which is left as it is, or a database filled for the run with an API in front
 * of it.
 */
export async function openLoadTarget(
  context: RunContext,
  workload: BuiltInWorkload,
  config: ResolvedConfig,
  intent: LoadIntent,
): Promise<LoadTarget & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const open = { 'own API': openOwnTarget, 'given API': openGivenTarget, database: openDatabaseTarget }[intent.subject]
  const opened = await open({ stack, context, workload, config, intent })
  const kept = stack.move()
  return { ...opened, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** All that a target is opened from. What is opened goes on the stack. */
interface Opening {
  readonly stack: AsyncDisposableStack
  readonly context: RunContext
  readonly workload: BuiltInWorkload
  readonly config: ResolvedConfig
  readonly intent: LoadIntent
}

async function openGivenTarget(opening: Opening): Promise<LoadTarget> {
  const { stack, context, workload, config, intent } = opening
  const { values, settings } = config
  const { db, audit: mapping } = values
  const target = requireLoopback(values.target ?? '', intent.allowRemote)
  const database = isSet(settings.db) ? stack.use(await openDatabase(context, db, ownConnections)) : null
  const services = stack.use(createServices(values))
  if (database && intent.asksDatabase) requireLocalDatabase(db, intent.allowRemote)
  // Stock that a seeding has not set yet would be called wrong after the load.
  if (database && !mapping && workload.seedsInBlocks) await refuseUnsettled(database)
  return {
    origin: shownTarget(target),
    origins: [target],
    database,
    access: database && intent.asksDatabase ? await accessOf(opening, db) : null,
    audit: database && (await openAudit({ ...services, database }, workload, mapping)),
    inspect: inspectionOf(workload, database, services, [target]),
    ended: never,
    inject: null,
    retries: null,
    close: async () => {},
  }
}

/** A database that users send their statements to: a workload's own tables, filled for the run, or somebody else's. */
async function openDatabaseTarget(opening: Opening): Promise<LoadTarget> {
  const { stack, context, workload, config, intent } = opening
  const { values } = config
  requireLocalDatabase(values.db, intent.allowRemote)
  const { isOwn } = intent
  if (isOwn) await requireEngine(values.db, workload)
  const pausable = await openPausableWay(opening)
  const database = stack.use(
    await openDatabase(context, values.db, ownConnections + values.connections, { makesNothing: !isOwn }),
  )
  const services = stack.use(createServices(values))
  const mapping = isOwn ? undefined : values.audit
  if (isOwn) {
    await ensureTables(database, workload)
    await fillTables(context, workload, database, values)
  }
  return {
    origin: database.url,
    origins: [],
    database,
    access: await accessOf(opening, pausable?.url ?? values.db),
    audit: isOwn || mapping ? await openAudit({ ...services, database }, workload, mapping) : null,
    inspect: null,
    ended: never,
    inject: pausable && ((fault, sleep) => pauseDatabase(pausable, (fault as { lengthMs: number }).lengthMs, sleep)),
    retries: null,
    close: async () => {},
  }
}

/** How users reach a database; it is only read where it is somebody's, unless they say that it is their own. */
async function accessOf({ config, intent }: Opening, url: string): Promise<DatabaseAccess> {
  const { protocol, ownData } = config.values
  const poolSize = connectionsOf(config, intent.users)
  return { ...(await engineOf(url)), url, poolSize, protocol, readOnly: !intent.isOwn && !ownData }
}

/** Connections that are opened unless --db-pool says how many: each user has its own, as far as servers take so many. */
const mostUnasked = 64

function connectionsOf({ values, settings }: ResolvedConfig, users: number): number {
  return isSet(settings.dbPool) ? values.dbPool : Math.min(users, mostUnasked)
}

/** Throws `usage-wrong` for an engine that the workload does not run on. */
async function requireEngine(db: string, { name, engines, runsOn }: BuiltInWorkload): Promise<void> {
  const { engine } = await engineOf(db)
  if (!engines || engines.includes(engine)) return
  const reason = `The workload ${name} does not run on ${engine}. It runs on ${runsOn.embedded}, ${runsOn.servers}.`
  throw failure('usage-wrong', { reason })
}

/** A way to the database that can be paused costs time, so that there is none unless it is asked for. */
async function openPausableWay({ stack, config, intent }: Opening): Promise<PausableAccess | null> {
  const pauses = intent.faults.some(({ kind }) => kind === 'pause-database')
  return pauses ? stack.use(await openPausable(config.values.db)) : null
}

async function openOwnTarget(opening: Opening): Promise<LoadTarget> {
  const { stack, context, workload, config } = opening
  const { values } = config
  const database = stack.use(await openDatabase(context, values.db, ownConnections))
  const services = stack.use(createServices(values))
  await ensureTables(database, workload)
  await fillTables(context, workload, database, values)
  const audit = await openAudit({ ...services, database }, workload, undefined)
  const pausable = await openPausableWay(opening)
  const api = await startOwnApi(context, values, pausable?.url ?? values.db)
  stack.defer(api.close)
  return {
    origin: api.origin,
    origins: api.origins,
    database,
    access: null,
    audit,
    inspect: inspectionOf(workload, database, services, api.origins),
    ended: api.ended,
    inject: createFaultInjector(api, pausable),
    retries: api.retries,
    close: api.close,
  }
}

function inspectionOf(
  workload: BuiltInWorkload,
  database: Database | null,
  { openBroker }: OpenedServices,
  origins: readonly string[],
): LoadTarget['inspect'] {
  if (!database || !workload.inspect) return null
  const inspect = workload.inspect.bind(workload)
  return (watch) => inspect({ database, openBroker, origins }, watch)
}

function startOwnApi(context: RunContext, values: ResolvedConfig['values'], db: string): Promise<Replicas> {
  // Any free port: the one that is set may belong to an API that runs beside this one.
  const metricsPort = values.metricsPort === undefined ? undefined : 0
  const settings = { ...values, db, host: '127.0.0.1', port: 0, metricsPort }
  return startReplicas({ entryPoint: context.entryPoint, settings })
}

/** Does faults to an API that was started for a run, and to its way to the database: null where no pause is asked for. */
function createFaultInjector(api: Replicas, access: PausableAccess | null): InjectFault {
  return async (fault, sleep) => {
    if (fault.kind === 'pause-database') return pauseDatabase(access, fault.lengthMs, sleep)
    if (fault.kind === 'drop-connections') return `${formatCount(await api.dropConnections())} connections broken off`
    await api.crash()
    return 'killed by SIGKILL and started again'
  }
}

async function pauseDatabase(access: PausableAccess | null, lengthMs: number, sleep: Sleep): Promise<string> {
  if (!access) throw new TypeError('the API was started on a way to the database that cannot be paused')
  const resume = await access.pause()
  await sleep(lengthMs)
  await resume()
  return access.effect
}
