import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import type { ConnectOptions } from '../../../ports/database.ts'
import { openSqlite, type SqliteConnection } from './connection.ts'
import { inMemory, readSqliteUrl } from './url.ts'
import { makePrivateFile, makePrivateFolder } from '../../../base/files.ts'

type Options = Pick<ConnectOptions, 'onWait' | 'makesNothing'>

/**
 * Opens the file that `url` names. It and its folder are made where there is none, readable for this user alone: they hold
 * keys that sign and hashes of passwords. With `makesNothing` an empty database in memory stands for it. Throws
 * `database-not-ours`, and what `readSqliteUrl` throws.
 */
export async function openSqliteFile(url: string, { onWait, makesNothing }: Options = {}): Promise<SqliteConnection> {
  const place = readSqliteUrl(url)
  if (makesNothing && place.makes && isMissing(place.path)) {
    return openSqlite({ ...place, path: inMemory, file: inMemory, journalMode: null }, onWait)
  }
  if (place.makes && place.path !== inMemory) await makePrivate(place.path, place.shown)
  return openSqlite(place, onWait)
}

/** Not so where nobody can tell: then it is opened, and what is wrong with it is said. */
function isMissing(path: string): boolean {
  try {
    statSync(path)
    return false
  } catch (error) {
    return path !== inMemory && (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

async function makePrivate(path: string, url: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(path))
  } catch (error) {
    throw failure('database-not-ours', { url, reason: `its folder cannot be made (${reasonOf(error)})` }, error)
  }
  await makePrivateFile(path)
}
