import { Metadata, status, type ServiceError } from '@grpc/grpc-js'

const statuses = {
  invalid: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  'not-found': status.NOT_FOUND,
  taken: status.ALREADY_EXISTS,
  // It says when to come again, by which it is told from what is full.
  'too-many': status.RESOURCE_EXHAUSTED,
  full: status.RESOURCE_EXHAUSTED,
  'wrong-state': status.FAILED_PRECONDITION,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
} as const

/** A word that programs can rely on. */
export type RpcCode = keyof typeof statuses

/** The error that a service refuses with, on its side and, the same, on that of its caller. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: RpcCode
  /** When to come again after `too-many`. */
  readonly retryAfterSeconds: number | null

  /** `message` is for people who use the API: without a full stop, and without a secret. */
  constructor(code: RpcCode, message: string, cause?: unknown, retryAfterSeconds: number | null = null) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const codes = new Map<number, RpcCode>(Object.entries(statuses).map(([code, number]) => [number, code as RpcCode]))

/** In the metadata of a status, as in a header of HTTP, but with parts of seconds. */
const retryAfter = 'retry-after'

/** Statuses that mean the same to a caller: no response in time, and no service. */
const away = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED])

/** The status that is sent for an error. Nobody outside is told anything of one that is no `RpcError`. */
export function toStatus(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata()
  if (!(error instanceof RpcError)) return { code: status.INTERNAL, details: 'It could not be carried out', metadata }
  if (error.retryAfterSeconds !== null) metadata.set(retryAfter, String(error.retryAfterSeconds))
  return { code: statuses[error.code], details: error.message, metadata }
}

/** The error that was sent, as it was thrown; `unavailable` where no response came: it may have been carried out or not. */
export function fromStatus(error: unknown): RpcError {
  const { code, details, message, metadata } = error as ServiceError
  if (away.has(code)) return new RpcError('unavailable', 'A service does not answer', error)
  const [seconds] = (metadata as Metadata | undefined)?.get(retryAfter) ?? []
  if (seconds !== undefined) return new RpcError('too-many', details || message, error, Number(seconds))
  return new RpcError(codes.get(code) ?? 'internal', details || message, error)
}
