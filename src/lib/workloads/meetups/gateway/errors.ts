import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { cutTo } from '../../../base/cut-text.ts'
import { retryAfter } from '../../shared/http/errors.ts'
import { RpcError } from '../rpc/errors.ts'

/** Formats errors as clients see them. */
export type FormatErrors = (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[]

/** The code of what is no operation: nothing of it was carried out. */
export const invalidQuery = 'invalid-query'

/** A message may repeat whatever the client sent. */
const longestMessage = 500

/**
 * Each error has a code that programs can rely on: `invalid-query`, `too-large` or an `RpcCode`; `too-many` also has
 * `retryAfter`, in seconds. `onError` is told of what nobody foresaw, and the client only that it happened.
 */
export function createErrorFormatter(onError: (error: Error) => void): FormatErrors {
  function format(error: GraphQLError): GraphQLFormattedError {
    const { locations, path, originalError: cause } = error
    const place = { ...(locations && { locations }), ...(path && { path }) }
    const code = codeOf(error)
    if (code !== 'internal') {
      const message = cutTo(longestMessage, error.message)
      return { message, ...place, extensions: { code, ...waitOf(cause) } }
    }
    onError(cause ?? error)
    return { message: 'It could not be carried out', ...place, extensions: { code } }
  }

  return (errors) => errors.map(format)
}

function codeOf({ extensions, path, originalError: cause }: GraphQLError): string {
  const { code } = extensions
  if (typeof code === 'string') return code
  if (cause instanceof RpcError) return cause.code
  // Variables have no path. An argument that shows to be none once its variable is there names its place in the
  // document; a value of ours that its type does not allow has none.
  return !cause || (cause instanceof GraphQLError && (!path || cause.nodes)) ? invalidQuery : 'internal'
}

function waitOf(cause: Error | undefined): { readonly retryAfter?: number } {
  if (!(cause instanceof RpcError) || cause.retryAfterSeconds === null) return {}
  return { retryAfter: retryAfter(cause.retryAfterSeconds) }
}
