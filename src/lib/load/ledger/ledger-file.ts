import { open, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { inFolder, tryFolder, runFileName, takeFreeName } from '../../base/files.ts'

/** A file that only ever grows. */
export interface AppendOnlyFile {
  readonly path: string
  /** Resolves when the operating system has all of it. */
  append(text: string): Promise<void>
  close(): Promise<void>
  /** Removes it once it is closed; null for a file that was asked for by its name. */
  readonly remove: (() => Promise<void>) | null
}

/** Makes a new file for a ledger, and its folder. Throws `ledger-unwritable`, also when it is there already. */
export async function createLedgerFile(path: string): Promise<AppendOnlyFile> {
  try {
    return await inFolder(dirname(path), () => openNew(path))
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** Checks, before anything is done, that a new ledger can be written as `path`. Throws `ledger-refused`. */
export async function requireNewLedger(path: string): Promise<void> {
  try {
    if (await stat(path).catch(() => null)) throw new Error('there is such a file already')
    await tryFolder(dirname(path))
  } catch (error) {
    throw failure('ledger-refused', { file: path, reason: reasonOf(error) }, error)
  }
}

/** Makes a new file beside the report of what began at `startedAt`. Throws `ledger-unwritable`. */
export async function createLedgerBesideReport(
  folder: string,
  startedAt: Date,
  kind: 'load' | 'publish' = 'load',
): Promise<AppendOnlyFile> {
  const name = runFileName(folder, startedAt.toISOString(), kind)
  const extension = '.ledger.jsonl'
  try {
    const file = await inFolder(folder, () => takeFreeName(name, extension, openNew))
    return { ...file, remove: () => rm(file.path) }
  } catch (error) {
    throw unwritable(`${name}${extension}`, error)
  }
}

async function openNew(path: string): Promise<AppendOnlyFile> {
  const file = await open(path, 'ax')
  return { path, append: (text) => file.appendFile(text), close: () => file.close(), remove: null }
}

/** The error for a ledger that cannot be written. */
export function unwritable(file: string, error: unknown): Error {
  return failure('ledger-unwritable', { file, reason: reasonOf(error) }, error)
}
