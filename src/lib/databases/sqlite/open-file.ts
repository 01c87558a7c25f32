import { dirname } from 'node:path'
import { failure, reasonOf } from '../../errors.ts'
import { makeFolder } from '../../folders.ts'
import { openSqlite, type SqliteConnection } from './connection.ts'

const scheme = 'sqlite:'
/** The path of a database that is in no file. */
export const inMemory = ':memory:'

/** Opens the file that `url` names, and makes its folder where there is none. Throws `database-not-ours`. */
export async function openSqliteFile(url: string): Promise<SqliteConnection> {
  const path = pathOf(url)
  // SQLite takes an empty path for a database that is gone when it is closed.
  if (path === '') throw failure('database-not-ours', { url, reason: 'it names no file' })
  if (path !== inMemory) await makeFolderOf(path, url)
  return openSqlite(path, url)
}

/** The path in a `sqlite:` URL. */
export function pathOf(url: string): string {
  return url.slice(scheme.length)
}

async function makeFolderOf(path: string, url: string): Promise<void> {
  try {
    await makeFolder(dirname(path))
  } catch (error) {
    throw failure('database-not-ours', { url, reason: `its folder cannot be made (${reasonOf(error)})` }, error)
  }
}
