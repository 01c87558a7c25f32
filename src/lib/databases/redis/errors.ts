import { ErrorReply } from 'redis'
import { failure, reasonOf, RushbenchError } from '../../errors.ts'

type Translation =
  | 'database-denied'
  | 'database-missing'
  | 'database-lost'
  | 'database-unreachable'
  | 'database-busy'
  | 'database-not-ours'
  | 'disk-full'

/** The first word of what the server or a script answers. */
const translations: Readonly<Record<string, Translation>> = {
  NOAUTH: 'database-denied',
  WRONGPASS: 'database-denied',
  NOPERM: 'database-denied',
  DENIED: 'database-denied',
  // It was started, and has not read its data yet.
  LOADING: 'database-unreachable',
  BUSY: 'database-busy',
  TRYAGAIN: 'database-busy',
  READONLY: 'database-not-ours',
  WRONGTYPE: 'database-not-ours',
  MOVED: 'database-not-ours',
  CROSSSLOT: 'database-not-ours',
  OOM: 'disk-full',
  MISCONF: 'disk-full',
}

/** What the driver says when a connection broke off, in the names of its errors and of the operating system's. */
const lost = new Set([
  'SocketClosedUnexpectedlyError',
  'DisconnectsClientError',
  'ClientClosedError',
  'SocketTimeoutError',
  'ECONNRESET',
  'EPIPE',
])

/** What it says while it is not connected: nothing was sent. */
const away = new Set([
  'ClientOfflineError',
  'ConnectionTimeoutError',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
])

/** An error of the driver as one of ours where there is a sentence for it. */
export function translateRedisError(error: unknown, url: string): unknown {
  if (error instanceof RushbenchError) return error
  const code = codeOf(error)
  const reason = reasonOf(error)
  if (code === 'NOTABLE') return failure('tables-missing', { tables: [tableIn(reason)], url }, error)
  const known = translations[code] ?? translateConnection(error) ?? translateText(reason)
  return known === undefined ? error : failure(known, { url, reason }, error)
}

/** The first word of an answer that is an error; '' for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof ErrorReply ? (/^[A-Z]+/.exec(error.message)?.[0] ?? '') : ''
}

function tableIn(reason: string): string {
  return /no table (\S+)/.exec(reason)?.[1] ?? reason
}

function translateConnection(error: unknown): 'database-lost' | 'database-unreachable' | undefined {
  if (!(error instanceof Error) || error instanceof ErrorReply) return undefined
  const names = [error.constructor.name, (error as NodeJS.ErrnoException).code ?? '']
  if (names.some((name) => lost.has(name))) return 'database-lost'
  return error instanceof AggregateError || names.some((name) => away.has(name)) ? 'database-unreachable' : undefined
}

/** Answers that begin with no word of their own. */
function translateText(reason: string): Translation | undefined {
  if (/DB index is out of range|invalid DB index/i.test(reason)) return 'database-missing'
  return /without any password configured|invalid password|can't run this command/i.test(reason)
    ? 'database-denied'
    : undefined
}
