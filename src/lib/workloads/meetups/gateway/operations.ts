import {
  createSourceEventStream,
  execute,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import { reasonOf } from '../../../base/errors/errors.ts'
import type { GatewayContext } from './context.ts'
import { costOf, maxCost } from './cost.ts'
import { createDocuments, InvalidDocument, invalidDocument } from './documents.ts'
import { invalidQuery, type FormatErrors } from './errors.ts'
import type { OperationContext } from './executable.ts'
import { createMeter, tooLate, type ResponseLimits } from './meter.ts'

export interface OperationRequest {
  readonly query: string
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
}

export interface OperationResponse {
  readonly data: unknown
  readonly errors?: readonly GraphQLFormattedError[]
}

/** Carries out operations within their limits. */
export interface Operations {
  /** A query, or a mutation where it is `mayChange`. Never rejects. */
  run(request: OperationRequest, context: GatewayContext, mayChange: boolean): Promise<OperationResponse>
  /** Answers of a subscription, until `signal` aborts. Rejects where it cannot begin; `errorsOf` has the reasons. */
  subscribe(
    request: OperationRequest,
    context: GatewayContext,
    signal: AbortSignal,
  ): Promise<AsyncIterable<OperationResponse>>
}

/** A response of 4 MiB has some thousand posts. Whoever logs in may have to wait for many others. */
const defaultLimits: ResponseLimits = { maxBytes: 4 * 1024 * 1024, maxMs: 30_000 }

/** Operations on `schema`, as `makeExecutable` makes it. */
export function createOperations(
  schema: GraphQLSchema,
  format: FormatErrors,
  limits: ResponseLimits = defaultLimits,
): Operations {
  const documents = createDocuments(schema)

  /** Throws `InvalidDocument`. */
  function read(
    { query, operationName, variables }: OperationRequest,
    allowed: readonly OperationTypeNode[],
  ): ExecutionArgs {
    const document = documents.read(query)
    const operation = getOperationAST(document, operationName)
    if (!operation) throw invalidDocument('operationName names none of the operations of the document')
    if (!allowed.includes(operation.operation))
      throw invalidDocument(`A ${operation.operation} cannot be asked for in this way`)
    const cost = costOf(schema, document, variables)
    if (cost > maxCost) throw invalidDocument(`The operation costs more than ${maxCost}: ask for less at once`)
    return { schema, document, operationName, variableValues: variables }
  }

  async function respond(
    asked: ExecutionArgs,
    context: GatewayContext,
    signal: AbortSignal,
    rootValue: unknown,
  ): Promise<OperationResponse> {
    const meter = createMeter(limits)
    const contextValue: OperationContext = { ...context, meter, signal }
    const { promise: late, resolve } = Promise.withResolvers<null>()
    const timer = setTimeout(() => resolve(null), limits.maxMs)
    try {
      const result = await Promise.race([execute({ ...asked, rootValue, contextValue }), late])
      if (result === null) meter.fail(tooLate(limits.maxMs))
      return toResponse(meter.failure ? { data: null, errors: [meter.failure] } : (result as ExecutionResult))
    } finally {
      clearTimeout(timer)
    }
  }

  function toResponse({ data = null, errors = [] }: ExecutionResult): OperationResponse {
    return errors.length === 0 ? { data } : { data, errors: format(errors) }
  }

  return {
    async run(request, context, mayChange) {
      const { QUERY, MUTATION } = OperationTypeNode
      try {
        const asked = read(request, mayChange ? [QUERY, MUTATION] : [QUERY])
        return await respond(asked, context, never, {})
      } catch (error) {
        return toResponse({ data: null, errors: errorsOf(error) })
      }
    },

    async subscribe(request, context, signal) {
      const asked = read(request, [OperationTypeNode.SUBSCRIPTION])
      const contextValue: OperationContext = { ...context, meter: createMeter(limits), signal }
      const events = await createSourceEventStream({ ...asked, rootValue: {}, contextValue })
      if (!(Symbol.asyncIterator in events)) throw new InvalidDocument(events.errors ?? [])
      return responses(events, (event) => respond(asked, context, signal, event))
    },
  }
}

const never = new AbortController().signal

async function* responses<Response>(
  events: AsyncIterable<unknown>,
  respond: (event: unknown) => Promise<Response>,
): AsyncGenerator<Response> {
  for await (const event of events) yield await respond(event)
}

/** Turns what was thrown into errors of GraphQL. */
export function errorsOf(error: unknown): readonly GraphQLError[] {
  if (error instanceof InvalidDocument) return error.errors
  if (error instanceof GraphQLError) return [error]
  return [new GraphQLError(reasonOf(error), { originalError: error as Error })]
}

/** After how many seconds what was refused may come again; null where something came about, or may not come again. */
export function waitOf({ data, errors = [] }: OperationResponse): number | null {
  const waits = errors.flatMap(({ extensions }) => (extensions?.['retryAfter'] as number | undefined) ?? [])
  const isNothing = Object.values(data ?? {}).every((value) => value === null)
  return isNothing && waits.length > 0 && waits.length === errors.length ? Math.max(...waits) : null
}

/** Whether nothing was carried out. */
export function isRefused({ data, errors = [] }: OperationResponse): boolean {
  return data === null && errors.length > 0 && errors.every(({ extensions }) => extensions?.['code'] === invalidQuery)
}
