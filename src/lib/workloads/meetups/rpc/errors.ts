import { Metadata, status, type ServiceError } from '@grpc/grpc-js'

/** What gRPC's statuses are called here. */
const statuses = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  taken: status.ALREADY_EXISTS,
  full: status.RESOURCE_EXHAUSTED,
  'wrong-state': status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
} as const

/** A word that programs can rely on. */
export type RpcCode = keyof typeof statuses

/** What a service says no with, on its side and, the same, on the side of who called it. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: RpcCode

  /** `message` is for people who use the API: without a full stop, and without a secret. */
  constructor(code: RpcCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

const codes = new Map<number, RpcCode>(Object.entries(statuses).map(([code, number]) => [number, code as RpcCode]))

/** No answer in time is, to who called, the same as no service. */
const away = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED])

/** What is sent for an error. Of one that is no `RpcError` nobody outside is told anything. */
export function toStatus(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata()
  if (!(error instanceof RpcError)) return { code: status.INTERNAL, details: 'It could not be carried out', metadata }
  return { code: statuses[error.code], details: error.message, metadata }
}

/** What was sent, as it was thrown; `unavailable` where no answer came, when it may have been carried out or not. */
export function fromStatus(error: unknown): RpcError {
  const { code, details, message } = error as ServiceError
  if (away.has(code)) return new RpcError('unavailable', 'A service does not answer', error)
  return new RpcError(codes.get(code) ?? 'internal', details || message, error)
}
