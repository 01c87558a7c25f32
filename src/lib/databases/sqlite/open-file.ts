import { dirname } from 'node:path'
import { failure, reasonOf } from '../../errors.ts'
import { makeFolder } from '../../folders.ts'
import type { OnWait } from '../waits.ts'
import { openSqlite, type SqliteConnection } from './connection.ts'
import { inMemory, readSqliteUrl } from './url.ts'

/**
 * Opens the file that `url` names, and makes its folder where there is none. Throws `database-not-ours`, and what
 * `readSqliteUrl` throws.
 */
export async function openSqliteFile(url: string, onWait?: OnWait): Promise<SqliteConnection> {
  const place = readSqliteUrl(url)
  if (place.makes && place.path !== inMemory) await makeFolderOf(place.path, place.shown)
  return openSqlite(place, onWait)
}

async function makeFolderOf(path: string, url: string): Promise<void> {
  try {
    await makeFolder(dirname(path))
  } catch (error) {
    throw failure('database-not-ours', { url, reason: `its folder cannot be made (${reasonOf(error)})` }, error)
  }
}
