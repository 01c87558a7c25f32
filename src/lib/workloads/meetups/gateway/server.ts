import type { FastifyInstance } from 'fastify'
import { GraphQLError, validate, type DocumentNode, type GraphQLSchema } from 'graphql'
import { mercurius, type IResolvers } from 'mercurius'
import { Counter, type Registry } from 'prom-client'
import { createApp } from '../../http/app.ts'
import { callerOf } from '../../http/caller.ts'
import { listen } from '../../http/listen.ts'
import { measureRequests, type MetricsPlace } from '../../http/metrics.ts'
import type { Parts, RunningServer } from '../../workload.ts'
import type { OnCall } from '../rpc/client.ts'
import type { Clients } from '../services.ts'
import { chatResolvers } from './chat-resolvers.ts'
import { createContext } from './context.ts'
import { costOf } from './cost.ts'
import { createErrorFormatter } from './errors.ts'
import { addImageRoutes } from './images.ts'
import { postResolvers } from './post-resolvers.ts'
import { dateTime, schema } from './schema.ts'
import { createVerifier } from './tokens.ts'
import { userResolvers } from './user-resolvers.ts'

/** What the gateway is built from. */
export interface GatewayParts extends MetricsPlace, Pick<Parts, 'port'> {
  /** Opens the ways to the services; told of each call. */
  readonly openClients: (onCall: OnCall) => Clients
}

/** The most bytes of an operation with its variables. */
const maxBodyBytes = 64 * 1024

/** How deep an operation may go: as deep as tools go that ask for the schema. */
const maxDepth = 15

/** An operation that comes so often is compiled. Those that nobody asks for again are not worth it. */
const compiledAfter = 10

/** What one may cost: a page of 100 posts with all that belongs to them costs less. */
const maxCost = 10_000

/** Starts the gateway. Throws `port-in-use` or `host-unusable`. */
export async function serveGateway(parts: GatewayParts): Promise<RunningServer> {
  const { onError, openClients } = parts
  const app = createApp({ ...parts, bodyLimit: maxBodyBytes })
  const clients = openClients(countCalls(measureRequests(app, parts)))
  app.addHook('onClose', () => clients.close())
  const verify = createVerifier(() => clients.get('UserService'))
  await app.register(mercurius, {
    schema,
    resolvers: { ...mergeResolvers(userResolvers, postResolvers, chatResolvers), DateTime: dateTime },
    context: ({ headers, ip }) => createContext(clients, verify, headers.authorization, false, callerOf(ip)),
    subscription: {
      onConnect: ({ payload }: { readonly payload?: { readonly authorization?: unknown } }) =>
        createContext(clients, verify, textOf(payload?.authorization), true),
    },
    errorFormatter: createErrorFormatter(onError) as never,
    graphiql: false,
    queryDepth: maxDepth,
    jit: compiledAfter,
  })
  refuseJson(app)
  limitCost(app)
  await addImageRoutes(app, clients, verify, onError)
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }))
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => reply.type('text/plain').send(schema))
  return listen(app, parts)
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

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Each says something about other fields of the same types. */
function mergeResolvers<Context>(...all: readonly IResolvers<never, Context>[]): IResolvers {
  const merged: Record<string, object> = {}
  for (const resolvers of all)
    for (const [type, fields] of Object.entries(resolvers)) merged[type] = { ...merged[type], ...(fields as object) }
  return merged as IResolvers
}

/** JSON that is no GraphQL: an object, a list, a text, a number or a word. */
const json = /^\s*(\{\s*["}]|["[\d-]|(true|false|null)\s*$)/

/** Else mercurius would take it for a parsed document, of whatever shape. */
function refuseJson({ graphql }: FastifyInstance): void {
  graphql.addHook('preParsing', async (_schema, source) => {
    if (json.test(source)) throw new GraphQLError('The query is JSON, and no GraphQL')
  })
}

function limitCost({ graphql }: FastifyInstance): void {
  const check = (known: GraphQLSchema, document: DocumentNode, variables: Record<string, unknown>) => {
    const cost = costOf(known, document, variables)
    if (cost > maxCost)
      throw new GraphQLError(`The operation costs ${cost}, more than ${maxCost}: ask for less at once`)
  }
  graphql.addHook('preExecution', async (known, document, _context, variables) => {
    check(known, document, variables ?? {})
  })
  graphql.addHook('preSubscriptionExecution', async (known, document) => {
    // Nobody else does that for subscriptions.
    const [error] = validate(known, document)
    if (error) throw error
    check(known, document, {})
  })
}
