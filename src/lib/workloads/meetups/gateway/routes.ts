import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GraphQLError } from 'graphql'
import { reasonOf } from '../../../base/errors/errors.ts'
import { parseExactJson } from '../../../base/exact-json.ts'
import type { GatewayContext } from './context.ts'
import { invalidDocument } from './documents.ts'
import type { FormatErrors } from './errors.ts'
import {
  errorsOf,
  isRefused,
  waitOf,
  type OperationResponse,
  type OperationRequest,
  type Operations,
} from './operations.ts'

/** Statuses of what was not carried out at all, now or ever, and of what was. */
const badRequest = 400
const tooMany = 429
const ok = 200

export const graphqlPath = '/graphql'

export interface GraphqlContext {
  readonly operations: Operations
  readonly format: FormatErrors
  readonly contextOf: (request: Pick<FastifyRequest, 'headers' | 'ip'>) => GatewayContext
}

/** Takes operations, `POST /graphql` as JSON, and queries also as `GET /graphql?query=`. */
export async function addGraphqlRoutes(
  app: FastifyInstance,
  { operations, format, contextOf }: GraphqlContext,
): Promise<void> {
  const refuse = (reply: FastifyReply, error: unknown, status = badRequest) =>
    send(reply, { data: null, errors: format(errorsOf(error)) }, status)

  await app.register(async (graphql) => {
    graphql.removeContentTypeParser('text/plain')
    graphql.setErrorHandler<FastifyError>((error, _request, reply) => {
      const status = error.statusCode ?? 500
      // Of its own errors fastify says what to tell; of another nobody outside is told anything.
      return refuse(reply, status < 500 ? new GraphQLError(reasonOf(error)) : error, status)
    })

    graphql.post(graphqlPath, { schema: { hide: true } }, async (request, reply) =>
      respond(request, reply, () => request.body, true),
    )
    graphql.get(graphqlPath, { schema: { hide: true } }, async (request, reply) =>
      respond(request, reply, () => fromQuery(request.query as Record<string, unknown>), false),
    )
  })

  async function respond(
    request: FastifyRequest,
    reply: FastifyReply,
    read: () => unknown,
    mayChange: boolean,
  ): Promise<FastifyReply> {
    let operation: OperationRequest
    try {
      operation = readOperation(read())
    } catch (error) {
      return refuse(reply, error)
    }
    const response = await operations.run(operation, contextOf(request), mayChange)
    const wait = waitOf(response)
    if (wait !== null) return send(reply.header('retry-after', wait), response, tooMany)
    return send(reply, response, isRefused(response) ? badRequest : ok)
  }
}

function send(reply: FastifyReply, response: OperationResponse, status: number): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(response))
}

function fromQuery({ variables, ...rest }: Record<string, unknown>): unknown {
  if (typeof variables !== 'string') return { ...rest, variables }
  const { value, parseError } = parseExactJson(variables)
  if (parseError) throw invalidDocument(`variables: ${parseError.field} ${parseError.reason}`)
  return { ...rest, variables: value }
}

/** An operation as it came over whatever protocol. Throws `InvalidDocument` for what is none. */
export function readOperation(value: unknown): OperationRequest {
  if (!isObject(value)) throw invalidDocument('An operation is an object with a query')
  const { query, operationName = null, variables = null } = value
  if (typeof query !== 'string') throw invalidDocument('query is no text')
  if (operationName !== null && typeof operationName !== 'string') throw invalidDocument('operationName is no text')
  if (variables !== null && !isObject(variables)) throw invalidDocument('variables are no object')
  return { query, operationName: operationName === '' ? null : operationName, variables: variables ?? {} }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
