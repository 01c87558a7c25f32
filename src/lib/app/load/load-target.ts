import { openDatabase, type RunContext } from '../run-context.ts'
import { formatCount } from '../../base/format.ts'
import type { Sleep } from '../../base/measure/clock.ts'
import { openAudit } from '../../audit/open-audit.ts'
import { isSet, type ResolvedConfig } from '../../config/resolve.ts'
import { ensureTables } from '../../adapters/databases/migrations/apply.ts'
import type { Database, PausableAccess } from '../../ports/database.ts'
import { openPausable } from '../../adapters/databases/registry.ts'
import type { Fault, InjectFault } from '../../load/faults/faults.ts'
import type { LoadTarget } from './run.ts'
import { requireLoopback, shownTarget } from '../../load/clients/target.ts'
import type { BuiltInWorkload } from '../../workloads/registry.ts'
import { fillTables } from '../migrate.ts'
import { createServices, type OpenedServices } from '../services.ts'
import { startReplicas, type Replicas } from '../server/replicas.ts'
import { refuseUnsettled } from '../../seeding/reservation-journal.ts'

/** Connections that preparing and auditing need, the lock of a migration one; the API has its own. */
const poolSize = 2

const never = new Promise<never>(() => {})

/** How a target is going to be used. */
export interface LoadIntent {
  readonly allowRemote: boolean
  readonly faults: readonly Fault[]
}

/**
 * Opens the target of `load`: the given one, which is left as it is, or a database filled for the run with an API in front
 * of it.
 */
export async function openLoadTarget(
  context: RunContext,
  workload: BuiltInWorkload,
  config: ResolvedConfig,
  { allowRemote, faults }: LoadIntent,
): Promise<LoadTarget & AsyncDisposable> {
  const { target } = config.values
  await using stack = new AsyncDisposableStack()
  const opened =
    target === undefined
      ? await openOwnTarget(stack, context, workload, config, faults)
      : await openGivenTarget(stack, context, workload, config, requireLoopback(target, allowRemote))
  const kept = stack.move()
  return { ...opened, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function openGivenTarget(
  stack: AsyncDisposableStack,
  context: RunContext,
  workload: BuiltInWorkload,
  { values, settings }: ResolvedConfig,
  target: string,
): Promise<LoadTarget> {
  const { db, audit: mapping } = values
  const database = isSet(settings.db) ? stack.use(await openDatabase(context, db, poolSize)) : null
  const services = stack.use(createServices(values))
  // Stock that a seeding has not set yet would be called wrong after the load.
  if (database && !mapping && workload.seedsInBlocks) await refuseUnsettled(database)
  return {
    origin: shownTarget(target),
    origins: [target],
    database,
    audit: database && (await openAudit({ ...services, database }, workload, mapping)),
    inspect: inspectionOf(workload, database, services, [target]),
    ended: never,
    inject: null,
    retries: null,
    close: async () => {},
  }
}

async function openOwnTarget(
  stack: AsyncDisposableStack,
  context: RunContext,
  workload: BuiltInWorkload,
  { values }: ResolvedConfig,
  faults: readonly Fault[],
): Promise<LoadTarget> {
  const database = stack.use(await openDatabase(context, values.db, poolSize))
  const services = stack.use(createServices(values))
  await ensureTables(database, workload)
  await fillTables(context, workload, database, values)
  const audit = await openAudit({ ...services, database }, workload, undefined)
  // A way to the database that can be paused costs time, so that there is none unless it is asked for.
  const pauses = faults.some(({ kind }) => kind === 'pause-database')
  const access = pauses ? stack.use(await openPausable(values.db)) : null
  const api = await startOwnApi(context, values, access?.url ?? values.db)
  stack.defer(api.close)
  return {
    origin: api.origin,
    origins: api.origins,
    database,
    audit,
    inspect: inspectionOf(workload, database, services, api.origins),
    ended: api.ended,
    inject: createFaultInjector(api, access),
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
