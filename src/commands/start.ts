import { serve, type Served } from '../lib/app/server/serve.ts'
import { letHeapGrow } from '../lib/base/v8.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'

export default class Start extends BaseCommand {
  static override summary = "Start a workload's API."
  static override description = `Vaccination, the default: GET /schedules/date/{year}/{month}[/{day}], the same under /schedules-memstore/ through \
the cache, GET /schedules/id/{id}, POST /schedules, POST /reservations, /healthz, /readyz, /metrics, OpenAPI under /docs.

Stations: GET /stations, GET /stations/{name}, POST /booking; it publishes each booking to the topic booking-slot. A \
booking is answered only once the database has committed it. --wire original speaks as the API that the workload is \
modelled on.

Orders: takes orders from the broker, stores them, and serves GET /orders, GET /orders/{uid}, GET \
/orders/order?uuid=, and a page at /. With --wire original, the page and the clients of that one run.

Meetups: GraphQL at /graphql, also over WebSocket; /healthz, /readyz, /metrics, the schema under /docs. With --service this \
process runs some of its parts, which find the others by --service-addresses, or from --service-port on. Its relay follows the log of MariaDB, MySQL or PostgreSQL \
where the server lets it, and else looks into the table; see --relay.

Ctrl-C or SIGTERM finishes what is in flight within --shutdown-timeout and then ends what is left; a second one ends \
everything at once. /metrics is open to anyone who reaches the API, unless --metrics-port gives it a port of its \
own, or the environment a token (RUSHBENCH_METRICS_TOKEN).

With --replicas, that many processes serve the API. One that ends is started again; Ctrl-C ends them all.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --port 8080 --cache redis://127.0.0.1:6379',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --cache none',
    '<%= config.bin %> <%= command.id %> --workload orders --replicas 2 --db postgres://user:password@127.0.0.1/test --broker nats://127.0.0.1:4222',
    '<%= config.bin %> <%= command.id %> --workload stations --locations stations.json',
    '<%= config.bin %> <%= command.id %> --workload meetups --service chat --service-host 0.0.0.0 --service-addresses post=10.0.0.6:7101',
  ]
  static override flags = {
    ...settingFlags('workload', 'db', 'dbPool', 'cache', 'cacheTtl', 'broker', 'locations'),
    ...settingFlags('service', 'serviceHost', 'servicePort', 'serviceAddresses', 'serviceTls', 'serviceCert'),
    ...settingFlags('serviceKey', 'serviceCa', 'serviceHealthPort'),
    ...settingFlags('wire', 'images', 'relay', 'replicas', 'host', 'port', 'cors', 'metricsPort', 'shutdownTimeout'),
  }

  async run(): Promise<Served> {
    letHeapGrow()
    const { flags } = await this.parse(Start)
    const { values } = await this.resolveSettings(flags)
    return serve(this.context, values)
  }
}
