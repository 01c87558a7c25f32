import { followRun } from '../api-channel.ts'
import { BaseCommand, settingFlags } from '../base-command.ts'
import { letHeapGrow } from '../heap.ts'
import { requireTables } from '../lib/databases/migrate.ts'
import { connectDatabase } from '../lib/databases/registry.ts'
import { reasonOf } from '../lib/errors.ts'
import { refuseUnsettled } from '../lib/seeding/journal.ts'
import { loadWorkload } from '../lib/workloads/registry.ts'
import { createParts } from '../parts.ts'

export default class Start extends BaseCommand {
  static override summary = "Start a workload's API."
  static override description = `Vaccination, the default: GET /schedules/date/{year}/{month}[/{day}], the same under /schedules-memstore/ through the cache,
GET /schedules/id/{id}, POST /schedules, POST /reservations, /healthz, /metrics, OpenAPI under /docs.
Stations: GET /stations, GET /stations/{name}, POST /booking; it publishes each booking to the topic booking-slot.
A booking is answered only when it is durable. Ctrl-C or SIGTERM finishes what is in flight.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --port 8080 --cache redis://127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --cache none',
    '<%= config.bin %> <%= command.id %> --workload stations --locations stations.json',
  ]
  static override flags = settingFlags(
    'workload',
    'db',
    'dbPool',
    'cache',
    'cacheTtl',
    'broker',
    'locations',
    'host',
    'port',
  )

  async run(): Promise<{ origin: string }> {
    letHeapGrow()
    const { flags } = await this.parse(Start)
    const { values } = await this.resolveSettings(flags)
    const workload = await loadWorkload(values.workload)
    await using database = await connectDatabase(values.db, { poolSize: values.dbPool })
    await requireTables(database, workload.name, workload.tables)
    await refuseUnsettled(database)
    await using parts = createParts(values)
    const { host, port } = values
    const onError = (error: Error) => this.logToStderr(`Error: ${reasonOf(error)}.`)
    const server = await workload.serve({ ...parts, database, host, port, onError }, values)
    const madeOf = [`database ${database.url}`, ...parts.describe()].join(', ')
    this.log(`Listening on ${server.origin} (${madeOf}); documentation at ${server.origin}/docs`)
    followRun(server)
    await new Promise<void>((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }))
    await server.close()
    return { origin: server.origin }
  }
}
