import { aborted } from '../../base/abort.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { requireTables } from '../../adapters/databases/migrate.ts'
import { planSteps } from '../../adapters/databases/migrations/apply.ts'
import { connectDatabase } from '../../adapters/databases/registry.ts'
import { quoteWord } from '../../config/command-line.ts'
import type { Settings } from '../../config/settings.ts'
import type { Database } from '../../ports/database.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'
import type { RunningServer } from '../../ports/workload.ts'
import { isLoopback } from '../../load/clients/target.ts'
import { type BuiltInWorkload, loadWorkload, workloadOf } from '../../workloads/registry.ts'
import { endLate, lateEndMs } from '../end-process.ts'
import type { RunContext } from '../run-context.ts'
import { createServices } from '../services.ts'
import type { ApiCommand, ApiTelemetry } from './api-process.ts'
import { restartAlways, startReplicas } from './replicas.ts'
import { refuseUnsettled } from '../../seeding/reservation-journal.ts'

/** Addresses that an API listened at. */
export interface Served {
  /** Origin of the first replica. */
  readonly origin: string
  /** Origin of each replica. */
  readonly origins: readonly string[]
}

/** Serves a workload's API until the run is stopped: in this process, or in several that are started again when they end. */
export function serve(context: RunContext, values: Settings): Promise<Served> {
  return values.replicas > 1 ? superviseReplicas(context, values) : serveHere(context, values)
}

async function serveHere(context: RunContext, values: Settings): Promise<Served> {
  const { signal, note } = context
  const workload = await workloadOf(values)
  const { serve: serveApi } = requireApi(workload)
  await using database = await connectDatabase(values.db, { poolSize: values.dbPool, signal })
  await requireTables(database, workload.name, workload.tables, workload.migrations, fillCommand(database, workload))
  await refuseUnsettled(database)
  await using services = createServices(values)
  const { host, port, metricsPort, metricsToken, shutdownTimeout, cors } = values
  const http = { host, port, metricsPort, metricsToken, shutdownTimeout, cors }
  const onError = (error: Error) => note(`Error: ${reasonOf(error)}.`)
  const server = await serveApi({ ...services, ...http, database, onError }, values)
  const madeOf = [`database ${database.url}`, ...services.describe(), ...(server.parts ?? [])].join(', ')
  const documentation = server.isInternal ? '' : `; documentation at ${server.origin}/docs`
  const metrics = server.metricsOrigin === undefined ? '' : `; metrics at ${server.metricsOrigin}/metrics`
  context.log(`Listening on ${server.origin} (${madeOf})${documentation}${metrics}`)
  if (isReadable(values)) note(unencrypted)
  // A process that was started by another leaves it to that one, or each replica would say it.
  if (!process.send) await noteTables(context, database, workload)
  followParent(server, () => database.retries())
  await aborted(signal)
  endLate(shutdownTimeout + lateEndMs, note)
  await server.close()
  return { origin: server.origin, origins: [server.origin] }
}

const unencrypted =
  'The calls between parts are not encrypted: whoever can read the network learns their secret, and can call them. See --service-tls.'

/** Whether parts listen, or call others, beyond this machine without TLS. */
function isReadable({ service, serviceHost, serviceAddresses, serviceTls }: Settings): boolean {
  if (service.includes('all') || serviceTls !== 'none') return false
  const called = serviceAddresses?.map((entry) => entry.replace(/^.*=|:\d+$/g, '')) ?? []
  const listens = service.join() === 'gateway' ? [] : [serviceHost]
  return ![...called, ...listens].every(isLoopback)
}

/** Throws `usage-wrong` for a workload that loads the database itself. */
export function requireApi({ name, serve: serveApi }: BuiltInWorkload): Required<Pick<BuiltInWorkload, 'serve'>> {
  if (serveApi) return { serve: serveApi }
  throw failure('usage-wrong', {
    reason: `The workload ${name} has no API: its users send statements to the database. Load it by "rushbench load --workload ${name}".`,
  })
}

/** The command that makes and fills the tables of a workload. */
function fillCommand({ url }: Database, { name }: BuiltInWorkload): string {
  return `rushbench migrate --fill --workload ${name} --db ${quoteWord(url)}`
}

/** Notes the commands that mend tables which serve, but less well: those that lack a step, or the rows which users begin with. */
async function noteTables({ note }: RunContext, database: Database, workload: BuiltInWorkload): Promise<void> {
  const { name, seededTable, seeds } = workload
  // A user that may not read which steps were applied serves all the same.
  const planned = await planSteps(database, workload).catch(() => [])
  for (const step of planned.filter(({ changes }) => changes.length > 0)) {
    const migrate = `rushbench migrate --workload ${name} --db ${quoteWord(database.url)}`
    note(`Step ${step.number} of the tables (${step.name}) is not applied yet: "${migrate}" applies it.`)
  }
  if (seededTable === null || (await database.store.find(seededTable, {}, { limit: 1 })).length > 0) return
  note(`There are no ${seeds} yet: "${fillCommand(database, workload)}" adds them.`)
}

async function superviseReplicas(context: RunContext, values: Settings): Promise<Served> {
  const { entryPoint, signal, note } = context
  const { port, metricsPort, replicas: count, service, serviceHealthPort } = values
  if (!['all', 'gateway'].includes(service.join()) || serviceHealthPort !== undefined)
    throw failure('usage-wrong', { reason: 'Only the gateway has --replicas, since a service has one port.' })
  for (const first of [port, metricsPort ?? 0]) {
    if (first + count - 1 > 65_535)
      throw failure('usage-wrong', { reason: `There are no ${count} ports from ${first} on.` })
  }
  const replicas = await startReplicas({ entryPoint, settings: values }, (number) =>
    restartAlways(number, note, (text) => note(text.trimEnd())),
  )
  const { origin, origins } = replicas
  context.log(`Listening on ${origins.join(' and ')}; documentation at ${origin}/docs`)
  try {
    await noteReplicasTables(context, values)
    await Promise.race([aborted(signal), replicas.ended])
  } finally {
    await replicas.close()
  }
  return { origin, origins }
}

async function noteReplicasTables(context: RunContext, { db, workload }: Settings): Promise<void> {
  await using database = await connectDatabase(db, { poolSize: 1, signal: context.signal })
  await noteTables(context, database, await loadWorkload(workload))
}

/** How often retries are reported, ms: what came since the last report is lost when the API is killed. */
const reportEveryMs = 250

/** Tells the process that started this one, if one did, where `server` listens; then obeys it, and ends with it. */
function followParent(server: RunningServer, countRetries: () => RetryCounts): void {
  if (!process.send) return
  tellParent({ origin: server.origin })
  process.on('message', (command: ApiCommand) => {
    if (command === 'drop-connections') void server.dropConnections().then((dropped) => tellParent({ dropped }))
    else tellParent({ retries: countRetries(), asked: true })
  })
  let reported = 0
  const report = (): void => {
    const retries = countRetries()
    const total = Object.values(retries).reduce((sum, times) => sum + times, 0)
    if (total > reported && process.connected) tellParent({ retries, asked: false })
    reported = total
  }
  setInterval(report, reportEveryMs).unref()
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.channel?.unref()
}

function tellParent(telemetry: ApiTelemetry): void {
  process.send?.(telemetry)
}
