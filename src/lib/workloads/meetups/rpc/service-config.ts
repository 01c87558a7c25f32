import { type ServiceConfig, type ServiceDefinition, status } from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'

type Method = ServiceDefinition[string]

/** How long a response may take, s: whoever logs in may have to wait for many others; an upload has many parts. */
const responseSeconds = 5
const loginSeconds = 25
const uploadSeconds = 30

/** Attempts until a process that was started again is found, within the time that a caller waits. */
const retryPolicy = {
  maxAttempts: 4,
  initialBackoff: '0.1s',
  maxBackoff: '1s',
  backoffMultiplier: 2,
  // A response that is late may still come: it is not asked for a second time.
  retryableStatusCodes: [status.UNAVAILABLE],
}

/** The deadline of a call, s; null for a stream of responses, which lasts as long as its reader stays. */
export function deadlineOf({ path, requestStream, responseStream }: Method): number | null {
  if (responseStream) return null
  if (requestStream) return uploadSeconds
  return path.includes('.UserService/') ? loginSeconds : responseSeconds
}

/**
 * The configuration of a channel, as gRPC has it: deadlines for all methods, and further attempts for those alone whose
 * `idempotency_level` in the protobuf file says that a second call does no harm.
 */
export function serviceConfigOf(methods: readonly Method[]): ServiceConfig {
  return {
    // Replicas behind one name, each of which has an address, share the calls.
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: methods.map((method) => {
      const [, service = '', name = ''] = method.path.split('/')
      const seconds = deadlineOf(method)
      return {
        name: [{ service, method: name }],
        ...(seconds !== null && { timeout: { seconds, nanos: 0 } }),
        ...(isIdempotent(method) && { retryPolicy }),
      }
    }),
    // While most calls fail, further attempts would only add to what is too much already.
    retryThrottling: { maxTokens: 100, tokenRatio: 0.1 },
  }
}

/** Whether a method may be called twice in place of once. */
function isIdempotent(method: Method): boolean {
  const { options } = method as Partial<MethodDefinition<object, object>>
  // Enums are read as their names.
  return ['NO_SIDE_EFFECTS', 'IDEMPOTENT'].includes(String(options?.idempotency_level))
}
