import type { MethodDefinition } from '@grpc/grpc-js'
import { pause } from '../../../base/abort.ts'
import { fromStatus, RpcError, toStatus } from './errors.ts'

/** Takes a request and gives its response, both as the bytes that gRPC would send. Throws `RpcError`. */
export type DirectCall = (request: Buffer) => Promise<Buffer>

/**
 * The methods of a server, for callers in its own process: a call needs no connection there, which costs more than most
 * calls. It carries messages all the same, so that nothing is shared, and what is left out is empty as ever.
 */
export interface DirectCalls {
  add(method: MethodDefinition<object, object>, call: (request: unknown, closing: AbortSignal) => unknown): void
  /** Null for a stream, which has a connection always, and once the server is closing. */
  find(this: void, path: string): DirectCall | null
  /** Waits for calls that are under way, `withinMs` at most. */
  finish(withinMs: number): Promise<void>
}

/** No methods at first. `onError` is told of what is thrown and is no `RpcError`. */
export function createDirectCalls(closing: AbortSignal, onError: (error: Error) => void): DirectCalls {
  const calls = new Map<string, DirectCall>()
  const underWay = new Set<Promise<Buffer>>()
  return {
    add(method, call) {
      if (method.requestStream || method.responseStream) return
      const respond: DirectCall = async (request) => {
        try {
          return method.responseSerialize((await call(method.requestDeserialize(request), closing)) as object)
        } catch (error) {
          if (!(error instanceof RpcError)) onError(error as Error)
          throw fromStatus(toStatus(error))
        }
      }
      calls.set(method.path, (request) => {
        const response = respond(request)
        underWay.add(response)
        const forget = () => void underWay.delete(response)
        response.then(forget, forget)
        return response
      })
    },
    find: (path) => (closing.aborted ? null : (calls.get(path) ?? null)),
    async finish(withinMs) {
      const over = new AbortController()
      const grace = pause(withinMs, over.signal)
      await Promise.race([Promise.allSettled(underWay), grace])
      over.abort()
    },
  }
}
