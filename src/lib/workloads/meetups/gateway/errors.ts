import type { GraphQLError, GraphQLFormattedError } from 'graphql'
import { RpcError } from '../rpc/errors.ts'

/** Statuses of what was not carried out at all, and of what was. */
const badRequest = 400
const ok = 200

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
 * `invalid-query`, or an `RpcCode`. `onError` is told of what nobody foresaw, and the client only that it happened.
 */
export function createErrorFormatter(onError: (error: Error) => void) {
  function formatOne(error: GraphQLError): readonly GraphQLFormattedError[] {
    const { message, locations, path } = error
    const place = { ...(locations && { locations }), ...(path && { path }) }
    const cause = error.originalError as ValidationError | null | undefined
    if (cause instanceof RpcError && cause.code !== 'internal')
      return [{ message, ...place, extensions: { code: cause.code } }]
    if (cause?.errors) return cause.errors.map((reason) => ({ message: reason.message, extensions: invalidQuery }))
    // An argument or a variable of a wrong type; a body that is no JSON, or too large.
    if (!cause || (cause.statusCode !== undefined && cause.statusCode < 500))
      return [{ message, ...place, extensions: invalidQuery }]
    onError(cause)
    return [{ message: 'It could not be carried out', ...place, extensions: { code: 'internal' } }]
  }

  return ({ data, errors }: { readonly data?: unknown; readonly errors: readonly GraphQLError[] }): Answer => {
    const formatted = errors.flatMap(formatOne)
    const isRefused = formatted.every(({ extensions }) => extensions === invalidQuery)
    return { statusCode: isRefused ? badRequest : ok, response: { data: data ?? null, errors: formatted } }
  }
}

const invalidQuery = { code: 'invalid-query' }
