import type { Socket } from 'node:net'
import { Client, type ClientBase, type ClientConfig } from 'pg'
import { ignoreFailure } from '../../../base/abort.ts'
import { factsOf, isTlsFault } from '../tls.ts'
import type { Candidate, PostgresUrl, SessionAttributes } from './url.ts'
import type { ConnectionFacts } from '../../../ports/database-facts.ts'

/** A server that answers and will do, and the way to it. */
export interface FoundServer {
  readonly candidate: Candidate
  readonly connection: ConnectionFacts
}

/** After this long no further server of a list is tried, ms. */
const beginWithinMs = 30_000

/**
 * Tries the servers of a URL in its order, as libpq does, and each of them encrypted or not as `sslmode` has it: those that
 * can be begun with in the time. Throws what the last of them said.
 */
export async function findServer(
  url: PostgresUrl,
  options: ClientConfig,
  withinMs: number = beginWithinMs,
): Promise<FoundServer> {
  const giveUpAt = performance.now() + withinMs
  // With prefer-standby any will do where there is no standby.
  const wanted: SessionAttributes[] = url.target === 'prefer-standby' ? ['standby', 'any'] : [url.target]
  let last: unknown
  for (const target of wanted) {
    for (const { candidates } of url.servers) {
      try {
        return await tryServer(candidates, target, url, options)
      } catch (error) {
        last = error
        // Of those that answered the last says why it will not do; one that refuses the login ends it, as in libpq.
        if (isRefusedLogin(error) || performance.now() >= giveUpAt) throw error
      }
    }
  }
  throw last
}

async function tryServer(
  candidates: readonly Candidate[],
  target: SessionAttributes,
  url: PostgresUrl,
  options: ClientConfig,
): Promise<FoundServer> {
  let first: unknown
  for (const candidate of candidates) {
    try {
      return { candidate, connection: await tryCandidate(candidate, target, url, options) }
    } catch (error) {
      // Why there is no encryption is of no interest where none is needed; why there is no login is.
      const isOfTls = isTlsFault(error) || isWithoutTls(error)
      if (!isOfTls) first ??= error
      if (!isOfTls && !isRefusedLogin(error)) throw error
      if (candidate === candidates.at(-1)) throw first ?? error
    }
  }
  throw first
}

async function tryCandidate(
  candidate: Candidate,
  target: SessionAttributes,
  { verification }: PostgresUrl,
  options: ClientConfig,
): Promise<ConnectionFacts> {
  const client = new Client({ ...options, ...candidate })
  client.on('error', () => {})
  try {
    await client.connect()
    if (target !== 'any') await requireAttributes(client, target, candidate)
    const isBehindPooler = await isPooled(client)
    const facts = factsOf(socketOf(client), verification)
    // Its place may be the last that the server has.
    await client.end()
    return { ...facts, ...(isBehindPooler && { pooled: true as const }) }
  } catch (error) {
    // A server that says no more is not waited for.
    void ignoreFailure(client.end())
    throw error
  }
}

async function requireAttributes(client: Client, target: SessionAttributes, { host, port }: Candidate): Promise<void> {
  const sql = "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only"
  const { rows } = await client.query<{ standby: boolean; read_only: boolean }>(sql)
  const { standby = false, read_only: readOnly = false } = rows[0] ?? {}
  const fits: Readonly<Partial<Record<SessionAttributes, boolean>>> = {
    'read-write': !readOnly,
    'read-only': readOnly,
    primary: !standby,
    standby,
  }
  if (fits[target] === true) return
  throw Object.assign(new Error(`no server is ${target}; the last that was asked is ${host}:${port}`), {
    code: 'ECONNREFUSED',
  })
}

/** The process that the server said it is, at the login, is not the one that answers: somebody stands in between. */
async function isPooled(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ pid: number | null }>('select pg_backend_pid() as pid')
  const pid = rows[0]?.pid ?? null
  const told = (client as unknown as { processID: number | null }).processID
  return pid !== null && pid > 0 && told !== null && pid !== told
}

/** The driver has no code for it. */
function isWithoutTls(error: unknown): boolean {
  return /does not support SSL|establishing an SSL connection/i.test((error as Error | null)?.message ?? '')
}

/** Class 28: the login, or the way that it came. */
function isRefusedLogin(error: unknown): boolean {
  return ((error as { code?: string } | null)?.code ?? '').startsWith('28')
}

/** The socket that a client of pg has. */
export function socketOf(client: ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream
}
