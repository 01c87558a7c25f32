import { chmod, lstat, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { ignoreFailure } from './abort.ts'
import { makeFolder } from './folders.ts'

/** The folder that rushbench keeps its files in by default, in the working directory. */
const ownFolder = '.rushbench'

const ofFolders = 0o700
const ofFiles = 0o600

/** What SQLite keeps beside a file: with its rights where it makes them anew. */
const besides = ['', '-wal', '-shm', '-journal']

/**
 * Makes a folder that nobody else may look into, and those above it that are missing. One that is there keeps its rights:
 * it may be shared on purpose. Only the folder of rushbench's own name, where it is this user's, is closed to others.
 * Throws what the system says.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  const made = await makeFolder(folder, ofFolders)
  if (made.length > 0) return
  for (const level of [folder, dirname(folder)]) if (basename(level) === ownFolder) await tighten(level, ofFolders)
}

/**
 * Makes an empty file that nobody else may read, where there is none; SQLite gives what it makes beside it the same rights.
 * One that is there keeps its rights unless it lies in rushbench's own folder. What cannot be made is left to whoever opens
 * it, who knows more of it.
 */
export async function makePrivateFile(path: string): Promise<void> {
  const made = await open(path, 'ax', ofFiles).catch(() => null)
  if (made) return made.close()
  if (basename(dirname(path)) !== ownFolder) return
  for (const ending of besides) await tighten(`${path}${ending}`, ofFiles)
}

/** Takes away what others may do with something of this user's; what a link leads to is left alone. */
async function tighten(path: string, mode: number): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (!found || found.isSymbolicLink() || found.uid !== process.getuid?.()) return
  if ((found.mode & 0o777 & ~mode) !== 0) await ignoreFailure(chmod(path, found.mode & mode))
}
