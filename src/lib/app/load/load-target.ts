import { openDatabase, type RunContext } from '../run-context.ts'
import { createFaultInjector } from './fault-injector.ts'
import { openAudit } from '../../audit/open-audit.ts'
import { isSet, type ResolvedConfig } from '../../config/resolve.ts'
import { serveEnvironment } from '../../config/sent-settings.ts'
import { migrateUp } from '../../adapters/databases/migrate.ts'
import type { Database, PausableAccess } from '../../ports/database.ts'
import { openPausable } from '../../adapters/databases/registry.ts'
import type { Fault } from '../../load/faults/faults.ts'
import type { LoadTarget } from './run.ts'
import { requireLoopback, shownTarget } from '../../load/clients/target.ts'
import { refuseUnsettled } from '../../seeding/journal.ts'
import type { BuiltInWorkload } from '../../workloads/registry.ts'
import { createServices, type OpenedServices } from '../services.ts'
import { startReplicas, type Replicas } from '../server/replicas.ts'

/** Connections that preparing and auditing need; the API has its own. */
const poolSize = 1

const never = new Promise<never>(() => {})

/** How a target is going to be used. */
export interface LoadIntent {
  readonly allowRemote: boolean
  readonly faults: readonly Fault[]
}

/**
 * Opens what `load` is aimed at: the given target, which is left as it is, or a database filled for
 * the run with an API in front of it.
 */
export async function openLoadTarget(
  context: RunContext,
  workload: BuiltInWorkload,
  config: ResolvedConfig,
  { allowRemote, faults }: LoadIntent,
): Promise<LoadTarget & AsyncDisposable> {
  const { target, db, audit: mapping } = config.values
  if (target === undefined) return openOwnTarget(context, workload, config, faults)
  requireLoopback(target, allowRemote)
  const database = isSet(config.settings.db) ? await openDatabase(context, db, poolSize) : null
  const services = createServices(config.values)
  const dispose = async () => {
    await services[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
  }
  try {
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
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

async function openOwnTarget(
  context: RunContext,
  workload: BuiltInWorkload,
  { values }: ResolvedConfig,
  faults: readonly Fault[],
): Promise<LoadTarget & AsyncDisposable> {
  const database = await openDatabase(context, values.db, poolSize)
  const services = createServices(values)
  try {
    await fillDatabase(context, workload, database, values)
    const audit = await openAudit({ ...services, database }, workload, undefined)
    const { api, access } = await startOwnApi(context, values, faults)
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
      async [Symbol.asyncDispose]() {
        await api.close()
        await access?.[Symbol.asyncDispose]()
        await services[Symbol.asyncDispose]()
        await database[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
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

async function fillDatabase(
  context: RunContext,
  workload: BuiltInWorkload,
  database: Database,
  values: ResolvedConfig['values'],
): Promise<void> {
  await migrateUp(database, workload.name, workload.tables)
  await context.progress.track('Seeding', workload.seeds, async (onProgress) => {
    for await (const progress of workload.seed(database, values, context.signal)) onProgress(progress)
  })
}

interface OwnApi {
  readonly api: Replicas
  /** Its way to the database; null where it has no other than everybody's. */
  readonly access: PausableAccess | null
}

/** Starts the API, on a way to its database that can be paused only where that is asked for: such a way costs time. */
async function startOwnApi(
  context: RunContext,
  values: ResolvedConfig['values'],
  faults: readonly Fault[],
): Promise<OwnApi> {
  const pauses = faults.some(({ kind }) => kind === 'pause-database')
  const access = pauses ? await openPausable(values.db) : null
  try {
    const env = serveEnvironment({ ...values, db: access?.url ?? values.db })
    // Any free port: what is set may belong to an API that runs beside this one.
    const metricsPort = values.metricsPort === undefined ? undefined : 0
    const { replicas, shutdownTimeout } = values
    const launch = { entryPoint: context.entryPoint, env, host: '127.0.0.1', port: 0, metricsPort, shutdownTimeout }
    const api = await startReplicas(launch, replicas)
    return { api, access }
  } catch (error) {
    await access?.[Symbol.asyncDispose]()
    throw error
  }
}
