import { join } from 'node:path'
import { followRun } from '../lib/app/server/api-channel.ts'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import { letHeapGrow } from '../lib/base/heap.ts'
import { aborted } from '../lib/base/abort.ts'
import type { Settings } from '../lib/config/settings.ts'
import { requireTables } from '../lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../lib/adapters/databases/registry.ts'
import { failure, reasonOf } from '../lib/base/errors/errors.ts'
import { refuseUnsettled } from '../lib/seeding/journal.ts'
import { loadWorkload } from '../lib/workloads/registry.ts'
import { createServices } from '../lib/app/services.ts'
import { restartAlways, startReplicas } from '../lib/app/server/replicas.ts'
import { endLate, lateEndMs } from '../lib/app/server/late-end.ts'
import { serveEnvironment } from '../lib/app/server/serve-environment.ts'

export default class Start extends BaseCommand {
  static override summary = "Start a workload's API."
  static override description = `Vaccination, the default: GET /schedules/date/{year}/{month}[/{day}], the same under /schedules-memstore/ through the cache,
GET /schedules/id/{id}, POST /schedules, POST /reservations, /healthz, /metrics, OpenAPI under /docs.

Stations: GET /stations, GET /stations/{name}, POST /booking; it publishes each booking to the topic booking-slot.
A booking is answered only when the database has committed it. Ctrl-C or SIGTERM finishes what is in flight within
--shutdown-timeout and ends what is left of it then; a second one ends all at once.

Orders: takes orders from the broker, stores them, and serves GET /orders, GET /orders/{uid},
GET /orders/order?uuid=, and a page at /.

Meetups: GraphQL at /graphql, also over WebSocket; /healthz, /metrics, the schema under /docs. With --service one part
of it runs in this process, and the others are looked for from --service-port on.

/metrics is open to whoever reaches the API, unless --metrics-port names a port of its own, or the environment a token
(RUSHBENCH_METRICS_TOKEN).

With --replicas the API is served by so many processes. One that ends is started again; Ctrl-C ends all.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --port 8080 --cache redis://127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --cache none',
    '<%= config.bin %> <%= command.id %> --workload orders --replicas 2 --db postgres://user:password@127.0.0.1/test --broker nats://127.0.0.1:4222',
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
    'service',
    'servicePort',
    'images',
    'replicas',
    'host',
    'port',
    'metricsPort',
    'shutdownTimeout',
  )

  async run(): Promise<{ origin: string; origins: readonly string[] }> {
    letHeapGrow()
    const { flags } = await this.parse(Start)
    const { values } = await this.resolveSettings(flags)
    return values.replicas > 1 ? this.#superviseReplicas(values) : this.#serve(values)
  }

  async #serve(values: Settings): Promise<{ origin: string; origins: readonly string[] }> {
    const workload = await loadWorkload(values.workload)
    await using database = await connectDatabase(values.db, { poolSize: values.dbPool, signal: this.signal })
    await requireTables(database, workload.name, workload.tables)
    await refuseUnsettled(database)
    await using services = createServices(values)
    const { host, port, metricsPort, metricsToken, shutdownTimeout } = values
    const http = { host, port, metricsPort, metricsToken, shutdownTimeout }
    const onError = (error: Error) => this.logToStderr(`Error: ${reasonOf(error)}.`)
    const server = await workload.serve({ ...services, ...http, database, onError }, values)
    const madeOf = [`database ${database.url}`, ...services.describe()].join(', ')
    const documentation = server.isInternal ? '' : `; documentation at ${server.origin}/docs`
    const metrics = server.metricsOrigin === undefined ? '' : `; metrics at ${server.metricsOrigin}/metrics`
    this.log(`Listening on ${server.origin} (${madeOf})${documentation}${metrics}`)
    followRun(server, () => database.retries())
    await this.#untilStopped()
    endLate(shutdownTimeout + lateEndMs, (text) => this.logToStderr(text))
    await server.close()
    return { origin: server.origin, origins: [server.origin] }
  }

  async #superviseReplicas(values: Settings): Promise<{ origin: string; origins: readonly string[] }> {
    const { host, port, metricsPort, shutdownTimeout, replicas: count } = values
    for (const first of [port, metricsPort ?? 0]) {
      if (first + count - 1 > 65_535)
        throw failure('usage-wrong', { reason: `There are no ${count} ports from ${first} on.` })
    }
    const entryPoint = join(this.config.root, 'bin', 'run.js')
    const say = (text: string) => this.logToStderr(text)
    const launch = { entryPoint, env: serveEnvironment(values), host, port, metricsPort, shutdownTimeout }
    const replicas = await startReplicas(launch, count, (number) =>
      restartAlways(number, say, (text) => this.logToStderr(text.trimEnd())),
    )
    this.log(`Listening on ${replicas.origins.join(' and ')}; documentation at ${replicas.origin}/docs`)
    try {
      await Promise.race([this.#untilStopped(), replicas.ended])
    } finally {
      await replicas.close()
    }
    return { origin: replicas.origin, origins: replicas.origins }
  }

  async #untilStopped(): Promise<void> {
    if (this.signal.aborted) return
    await aborted(this.signal)
  }
}
