import { Counter, type Registry } from 'prom-client'
import { createApp } from '../../shared/http/app.ts'
import { callerOf } from '../../shared/http/caller.ts'
import { allowOrigins } from '../../shared/http/cors.ts'
import { addHealthRoutes, type HealthServices } from '../../shared/http/health.ts'
import { listen } from '../../shared/http/listen.ts'
import { addGauges, measureRequests, type MetricsPlace } from '../../shared/http/metrics.ts'
import type { Services, RunningServer } from '../../../ports/workload.ts'
import type { OnCall } from '../rpc/client.ts'
import type { Clients } from '../services.ts'
import { chatResolvers } from './chat-resolvers.ts'
import { createContext, createVerifier } from './context.ts'
import { createErrorFormatter } from './errors.ts'
import { makeExecutable } from './executable.ts'
import { imageResolvers } from './image-resolvers.ts'
import { addImageRoutes } from './images.ts'
import { createOperations } from './operations.ts'
import { postResolvers } from './post-resolvers.ts'
import { addGraphqlRoutes } from './routes.ts'
import { dateTime, schema } from './schema.ts'
import { serveSockets } from './sockets/server.ts'
import { userResolvers } from './user-resolvers.ts'

export interface GatewayServices extends MetricsPlace, HealthServices, Pick<Services, 'port' | 'cors'> {
  /** Connects to the services; `onCall` is called with each call. */
  readonly openClients: (onCall: OnCall) => Clients
}

/** The most bytes of an operation with its variables. */
const maxBodyBytes = 64 * 1024

/** Starts the gateway. Throws `port-in-use` or `host-unusable`. */
export async function serveGateway(services: GatewayServices): Promise<RunningServer> {
  const { onError, openClients } = services
  const app = createApp({ ...services, bodyLimit: maxBodyBytes })
  allowOrigins(app, services.cors)
  const registry = measureRequests(app, services)
  const clients = openClients(countCalls(registry))
  app.addHook('onClose', () => clients.close())
  const verify = createVerifier(() => clients.get('UserService'))
  const executable = makeExecutable(schema, [userResolvers, postResolvers, chatResolvers, imageResolvers], [dateTime])
  const format = createErrorFormatter(onError)
  const operations = createOperations(executable, format)
  await addGraphqlRoutes(app, {
    operations,
    format,
    contextOf: ({ headers, ip }) => createContext(clients, verify, headers.authorization, false, callerOf(ip)),
  })
  const sockets = serveSockets(app.server, {
    operations,
    format,
    contextOf: (authorization) => createContext(clients, verify, authorization, true, ''),
  })
  app.addHook('preClose', () => sockets.close())
  addGauges(registry, [
    ['websockets_open', 'WebSockets that are open', () => sockets.open],
    ['subscriptions_active', 'Subscriptions that are under way', () => sockets.subscriptions],
  ])
  await addImageRoutes(app, clients, verify, onError)
  addHealthRoutes(app, services)
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => reply.type('text/plain').send(schema))
  return listen(app, services)
}

function countCalls(registry: Registry): OnCall {
  const calls = new Counter({
    name: 'grpc_client_calls_total',
    help: 'Calls of services, by service and method',
    labelNames: ['service', 'method'],
    registers: [registry],
  })
  return (service, method) => calls.inc({ service, method })
}
