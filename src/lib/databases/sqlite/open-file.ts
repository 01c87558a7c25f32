import { dirname } from 'node:path'
import { failure, reasonOf } from '../../errors.ts'
import { makePrivateFile, makePrivateFolder } from '../../private-files.ts'
import type { OnWait } from '../waits.ts'
import { openSqlite, type SqliteConnection } from './connection.ts'
import { inMemory, readSqliteUrl } from './url.ts'

/**
 * Opens the file that `url` names. It and its folder are made where there is none, readable for this user alone: they hold
 * keys that sign and hashes of passwords. Throws `database-not-ours`, and what `readSqliteUrl` throws.
 */
export async function openSqliteFile(url: string, onWait?: OnWait): Promise<SqliteConnection> {
  const place = readSqliteUrl(url)
  if (place.makes && place.path !== inMemory) await makePrivate(place.path, place.shown)
  return openSqlite(place, onWait)
}

async function makePrivate(path: string, url: string): Promise<void> {
  try {
    await makePrivateFolder(dirname(path))
  } catch (error) {
    throw failure('database-not-ours', { url, reason: `its folder cannot be made (${reasonOf(error)})` }, error)
  }
  await makePrivateFile(path)
}
