import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { InvalidBody } from '../../http/exact-input.ts'
import { retryAfter } from '../../http/too-many.ts'
import { RpcError } from '../rpc/errors.ts'

/** Statuses of what was not carried out at all, now or ever, and of what was. */
const badRequest = 400
const tooMany = 429
const ok = 200
/** Of a body that is not taken as it is written, as on every other API. */
const invalidBody = 422

interface Answer {
  readonly statusCode: number
  readonly response: { readonly data: unknown; readonly errors: readonly GraphQLFormattedError[] }
}

/** What mercurius calls a query that is none: it has the reasons. */
interface ValidationError extends Error {
  readonly errors?: readonly Error[]
  readonly statusCode?: number
}

/**
 * Makes the answer to an operation that failed, in whole or in part. Each error has a code that programs can rely on:
 * `invalid-query`, or an `RpcCode`; `too-many` also has `retryAfter`, in seconds. `onError` is told of what nobody foresaw, and the client only that it happened.
 */
export function createErrorFormatter(onError: (error: Error) => void) {
  function formatOne(error: GraphQLError): readonly GraphQLFormattedError[] {
    const { message, locations, path } = error
    const place = { ...(locations && { locations }), ...(path && { path }) }
    const cause = error.originalError as ValidationError | null | undefined
    if (cause instanceof RpcError && cause.code !== 'internal')
      return [{ message, ...place, extensions: extensionsOf(cause) }]
    if (cause?.errors) return cause.errors.map((reason) => ({ message: reason.message, extensions: invalidQuery }))
    // An argument or a variable of a wrong type; a body that is no JSON, or too large.
    if (!cause || (cause.statusCode !== undefined && cause.statusCode < 500))
      return [{ message, ...place, extensions: invalidQuery }]
    onError(cause)
    return [{ message: 'It could not be carried out', ...place, extensions: { code: 'internal' } }]
  }

  return ({ data, errors }: Execution, context?: AnswerContext): Answer => {
    const formatted = errors.flatMap(formatOne)
    const waits = formatted.flatMap(({ extensions }) => (extensions?.['retryAfter'] as number | undefined) ?? [])
    const isTooMany = waits.length === formatted.length && isNothing(data)
    if (isTooMany) context?.reply?.header('retry-after', Math.max(...waits))
    if (errors.some(({ originalError }) => originalError instanceof InvalidBody))
      return { statusCode: invalidBody, response: { data: null, errors: formatted } }
    const isRefused = formatted.every(({ extensions }) => extensions === invalidQuery)
    const statusCode = isTooMany ? tooMany : isRefused ? badRequest : ok
    return { statusCode, response: { data: data ?? null, errors: formatted } }
  }
}

interface Execution {
  readonly data?: unknown
  readonly errors: readonly GraphQLError[]
}

/** Over HTTP it has the reply. */
interface AnswerContext {
  readonly reply?: { header(name: string, value: number): unknown }
}

const invalidQuery = { code: 'invalid-query' }

function extensionsOf({ code, retryAfterSeconds }: RpcError): Record<string, unknown> {
  return { code, ...(retryAfterSeconds !== null && { retryAfter: retryAfter(retryAfterSeconds) }) }
}

/** Nothing of what was asked for came about. */
function isNothing(data: unknown): boolean {
  return Object.values(data ?? {}).every((value) => value === null)
}
