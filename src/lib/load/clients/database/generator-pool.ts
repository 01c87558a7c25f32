import { failure } from '../../../base/errors/errors.ts'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type { ClientOptions, DatabaseClient } from '../../../ports/database-client.ts'
import type { Clock } from '../../../base/measure/clock.ts'
import type { DatabaseAccess } from '../../engine/load-job.ts'
import { createDatabasePool, type DatabasePool } from './database-pool.ts'

/** Opens the way of a measured load to the database at `url`. */
export type OpenClient = (url: string, options: ClientOptions) => Promise<DatabaseClient>

/** A generator's share of a load's connections. */
interface PoolShare {
  readonly share: number
  /** There is no API beside it: all of them are needed, and are opened before the clock runs. */
  readonly isOnly: boolean
  readonly timeoutMs: number
  readonly clock: Clock
  readonly openClient: OpenClient
}

/**
 * Opens a generator's way to the database. Throws `target-unreachable` where the connections that it needs cannot be had, and
 * what `openClient` throws.
 */
export async function openGeneratorPool(
  { url, protocol, readOnly }: DatabaseAccess,
  { share, isOnly, timeoutMs, clock, openClient }: PoolShare,
): Promise<DatabasePool> {
  const client = await openClient(url, { protocol, readOnly })
  const size = Math.max(1, Math.min(share, client.mostConnections))
  const pool = createDatabasePool(client, { size, timeoutMs, clock })
  try {
    if (isOnly) await pool.open(size)
    return pool
  } catch (error) {
    pool.close()
    if (!(error instanceof StatementError)) throw error
    const hint = error.kind === 'full' ? ' (--db-pool says how many connections are opened)' : ''
    throw failure('target-unreachable', { target: client.url, reason: `${error.message}${hint}` }, error)
  }
}
