import { setTimeout as sleep } from 'node:timers/promises'
import { RushbenchError } from '../../../base/errors/errors.ts'
import type { PausableAccess } from '../../../ports/database.ts'
import type { SqliteConnection } from './connection.ts'

/** How long the lock is asked for, ms: a busy writer leaves it for some 0.1 ms at a time. */
const patienceMs = 5000
const askEveryMs = 1

/** Pauses a database by the one lock that its writers share. Takes `connection` for itself. */
export function openWriteLock(connection: SqliteConnection): PausableAccess {
  // To wait inside of SQLite would keep this process from everything else.
  connection.run('pragma busy_timeout = 0')
  return {
    url: connection.url,
    effect: 'another connection held the write lock',
    async pause() {
      await lock(connection)
      return async () => connection.run('rollback')
    },
    [Symbol.asyncDispose]: async () => connection.close(),
  }
}

/** Throws `database-busy`. */
async function lock(connection: SqliteConnection): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return connection.run('begin immediate')
    } catch (error) {
      const busy = error instanceof RushbenchError && error.code === 'database-busy'
      if (!busy || performance.now() > giveUpAt) throw error
    }
    await sleep(askEveryMs)
  }
}
