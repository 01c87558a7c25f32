import { ErrorReply } from 'redis'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { userIn, type MissingRight } from '../errors.ts'

type Translation =
  | 'database-denied'
  | 'database-missing'
  | 'database-lost'
  | 'database-unreachable'
  | 'database-busy'
  | 'database-not-ours'
  | 'database-read-only'
  | 'connections-exhausted'
  | 'memory-full'
  | 'right-missing'
  | 'server-cannot-save'

/** The first word of what the server or a script answers. */
const translations: Readonly<Record<string, Translation>> = {
  NOAUTH: 'database-denied',
  WRONGPASS: 'database-denied',
  NOPERM: 'right-missing',
  DENIED: 'database-denied',
  // It was started, and has not read its data yet.
  LOADING: 'database-unreachable',
  BUSY: 'database-busy',
  TRYAGAIN: 'database-busy',
  READONLY: 'database-read-only',
  NOREPLICAS: 'database-read-only',
  MASTERDOWN: 'database-read-only',
  WRONGTYPE: 'database-not-ours',
  MOVED: 'database-not-ours',
  CROSSSLOT: 'database-not-ours',
  CLUSTERDOWN: 'database-not-ours',
  OOM: 'memory-full',
  MISCONF: 'server-cannot-save',
}

/** The driver's words for a connection that broke off, in the names of its errors and of the operating system's. */
const lost = new Set([
  'SocketClosedUnexpectedlyError',
  'DisconnectsClientError',
  'ClientClosedError',
  'SocketTimeoutError',
  'ECONNRESET',
  'EPIPE',
])

/** Its words while it is not connected: nothing was sent. */
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
  const known = translateText(reason) ?? translations[code] ?? translateConnection(error)
  switch (known) {
    case undefined:
      return error
    case 'right-missing':
      return failure(known, { url, reason, ...findRedisRight(reason, url) }, error)
    case 'connections-exhausted':
      return failure(known, { url, reason, limit: 'maxclients' }, error)
    case 'database-busy': {
      const isScript = /running a script/i.test(reason)
      const holder = isScript ? { holder: 'a script keeps the server busy', end: 'SCRIPT KILL' } : {}
      return failure(known, { url, reason, ...holder }, error)
    }
    default:
      return failure(known, { url, reason }, error)
  }
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

/** Answers that begin with no word of their own, or with one that others have too. */
function translateText(reason: string): Translation | undefined {
  if (/DB index is out of range|invalid DB index/i.test(reason)) return 'database-missing'
  if (/max number of clients/i.test(reason)) return 'connections-exhausted'
  if (/can't run this command|^DENIED the user may not/i.test(reason)) return 'right-missing'
  return /without any password configured|invalid password/i.test(reason) ? 'database-denied' : undefined
}

const ofCommand = /^NOPERM (?:User (\S+) has|this user has) no permissions to run the '(.+?)' command/
/** The error of our own script, which asks before it writes. */
const inScript = /^DENIED the user may not use (\S+)/
const ofKey = /^NOPERM .*access.* keys?\b/i

function findRedisRight(reason: string, url: string): MissingRight {
  const [, told, refused] = ofCommand.exec(reason) ?? []
  const command = refused ?? inScript.exec(reason)?.[1]?.toLowerCase()
  const user = told ?? userIn(url) ?? 'default'
  const rule = (right: string, rules: string): MissingRight => ({ right, grant: `ACL SETUSER ${user} ${rules}` })
  if (command !== undefined) return rule(`the right to ${command}`, `+${command}`)
  if (ofKey.test(reason)) return rule('the right to keys that begin with rushbench:', '~rushbench:*')
  // Of a script it is not said what it was refused.
  return rule('the right to a command of a script', '+@read +@write')
}
