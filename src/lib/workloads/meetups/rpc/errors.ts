import { Metadata, status, type ServiceError } from '@grpc/grpc-js'
import { reasonOf } from '../../../base/errors/errors.ts'

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

/** Statuses of calls to which nothing was responded: they may have been carried out or not. */
const away = new Set([status.UNAVAILABLE, status.DEADLINE_EXCEEDED, status.CANCELLED])

/** In the metadata of every status that a service sends, unlike those that gRPC makes where nothing was sent. */
const sentBy = 'rushbench-sent-by'

/** Refuses a call: whoever made it has another secret. */
export function refusedSecret(): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata()
  metadata.set(sentBy, 'guard')
  return { code: status.UNAUTHENTICATED, details: 'The call does not carry the secret of this workload', metadata }
}

/** The status that is sent for an error. Nobody outside is told anything of one that is no `RpcError`. */
export function toStatus(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata()
  metadata.set(sentBy, 'service')
  if (!(error instanceof RpcError)) return { code: status.INTERNAL, details: 'It could not be carried out', metadata }
  if (error.retryAfterSeconds !== null) metadata.set(retryAfter, String(error.retryAfterSeconds))
  return { code: statuses[error.code], details: error.message, metadata }
}

/** Why a call did not reach its service, in words for the operator; null where the service itself has responded. */
export function whyUnanswered(error: unknown): string | null {
  const { code, details } = error as ServiceError
  const sender = senderOf(error)
  if (sender === 'guard') return 'it has another RUSHBENCH_SERVICE_SECRET'
  if (sender === 'service' || !away.has(code)) return null
  if (code === status.DEADLINE_EXCEEDED) return 'no response came in time'
  return reasonIn(details)
}

/** The words that help an operator, out of what else tells those who write the library how it looked for addresses. */
function reasonIn(details: string): string {
  const last = details.replace(/^.*Last error: /s, '').replace(/\. Resolution note: .*$/s, '')
  const inTls = /:SSL routines:[^:]*:([^:]*):/.exec(last)?.[1]
  return (
    inTls ??
    reasonOf(last)
      .replace(/^Error: /, '')
      .replace(/ \(\d{4}-[\d:.TZ-]+\)$/, '')
  )
}

function senderOf(error: unknown): 'guard' | 'service' | undefined {
  const { metadata } = error as { readonly metadata?: Metadata }
  return metadata?.get(sentBy)[0] as ReturnType<typeof senderOf>
}

/** The error that a service has sent, as it was thrown there. */
export function fromStatus(error: unknown): RpcError {
  const { code, details, message, metadata } = error as ServiceError
  const [seconds] = (metadata as Metadata | undefined)?.get(retryAfter) ?? []
  if (seconds !== undefined) return new RpcError('too-many', details || message, error, Number(seconds))
  return new RpcError(codes.get(code) ?? 'internal', details || message, error)
}
