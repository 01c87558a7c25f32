import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { isSameSecret } from './caller.ts'
import type { Services, RunningServer } from '../../../ports/workload.ts'
import { createApp } from './app.ts'
import { errorBody } from './errors.ts'
import { listen, metricsOrigin } from './listen.ts'

/** From a cached response (0.1 ms) to the timeout of a client. */
const bucketsInSeconds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** Where metrics are served, and to whom. */
export type MetricsPlace = Pick<Services, 'host' | 'onError' | 'shutdownTimeout' | 'metricsPort' | 'metricsToken'>

/**
 * Serves `/metrics` for Prometheus: the process, the duration of requests by route and status, and what a workload adds
 * to the registry. With `metricsPort` it is served there and not beside the API, with `metricsToken` only to those who have
 * it. Makes `listen` throw `port-in-use`.
 */
export function measureRequests(app: FastifyInstance, place: MetricsPlace): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to its response',
    labelNames: ['method', 'route', 'status'],
    buckets: bucketsInSeconds,
    registers: [registry],
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })
  if (place.metricsPort === undefined) addMetricsRoute(app, registry, place.metricsToken)
  else serveApart(app, registry, place, place.metricsPort)
  return registry
}

/** Adds values to the registry that are read whenever metrics are asked for. */
export function addGauges(
  registry: Registry,
  gauges: readonly (readonly [name: string, help: string, read: () => number])[],
): void {
  for (const [name, help, read] of gauges) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
  }
}

function addMetricsRoute(app: FastifyInstance, registry: Registry, token: string | undefined): void {
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    if (token !== undefined && !isSameSecret(bearerOf(request.headers.authorization), token)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send(errorBody(401, 'The metrics need their token.'))
    }
    return reply.type(registry.contentType).send(await registry.metrics())
  })
}

/** The token of an authorization, empty where it has none; the name of the scheme is the same in capitals and in small letters. */
function bearerOf(authorization = ''): string {
  const [scheme = '', ...rest] = authorization.split(' ')
  return scheme.toLowerCase() === 'bearer' ? rest.join(' ').trim() : ''
}

/** Starts and ends with the API. */
function serveApart(app: FastifyInstance, registry: Registry, place: MetricsPlace, port: number): void {
  const own = createApp({ onError: place.onError })
  addMetricsRoute(own, registry, place.metricsToken)
  let server: RunningServer | null = null
  let closing: Promise<void> | undefined
  app.decorate(metricsOrigin, () => server?.origin)
  app.addHook('onReady', async () => {
    server = await listen(own, { ...place, port, portSetting: '--metrics-port' })
  })
  // At the same time as the API, so that both have the whole time for it.
  app.addHook('preClose', async () => {
    closing = server?.close()
  })
  app.addHook('onClose', async () => closing)
}
