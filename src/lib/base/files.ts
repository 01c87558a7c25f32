import { ignoreFailure } from './abort.ts'
import { randomUUID } from 'node:crypto'
import { mkdir, rm, rmdir, stat, writeFile, chmod, lstat, open } from 'node:fs/promises'
import { dirname, join, basename } from 'node:path'

/** Attempts at a folder that another process removes, which only tried whether it could be made. */
const mostTries = 5

/** Bytes that a full file system would not take: a few still fit beside a file's name. */
const probeBytes = 4096

/** Error code for a folder that is missing, and that the system does not make. */
const missing = 'ENOENT'

/**
 * Makes a folder and those above it that are missing, level by level: Node's own recursive mkdir never ends in a folder
 * that takes none, such as /proc, or in a working directory that was removed. Returns the folders it made, the uppermost
 * first. Throws what the system says.
 */
export async function makeFolder(folder: string, mode?: number): Promise<string[]> {
  const failed = await tryToMake(folder, mode)
  if (failed === null) return [folder]
  if (failed.code !== missing) return requireFolder(folder, failed)
  const above = dirname(folder)
  if (above === folder) throw failed
  const made = await makeFolder(above, mode)
  const again = await tryToMake(folder, mode)
  if (again === null) return [...made, folder]
  if (again.code === missing) throw new Error(whyNot(above), { cause: again })
  // Another process was faster.
  return [...made, ...(await requireFolder(folder, again))]
}

/** A folder that is there takes none: a working directory that was removed stays there for those who are in it. */
function whyNot(above: string): string {
  return above === '.' ? 'the working directory was removed' : `no folder can be made in ${above}`
}

/** Null once it is made. */
function tryToMake(folder: string, mode?: number): Promise<NodeJS.ErrnoException | null> {
  return mkdir(folder, { mode }).then(
    () => null,
    (error: NodeJS.ErrnoException) => error,
  )
}

/** Nothing was made where the folder is there, whatever the system said of making it: so does a disk that is only read. */
async function requireFolder(folder: string, failed: NodeJS.ErrnoException): Promise<[]> {
  const found = await stat(folder).catch(() => null)
  if (found?.isDirectory()) return []
  throw found ? new Error(`${folder} is no folder`, { cause: failed }) : failed
}

/** Does `work` in a folder, which is made where it is missing; does it again where the folder is removed meanwhile. */
export async function inFolder<T>(folder: string, work: (made: readonly string[]) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const made = await makeFolder(folder)
    try {
      return await work(made)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== missing || tries === mostTries) throw error
    }
  }
}

/**
 * Makes sure that a file can be written into a folder, which need not be there yet, and leaves everything as it was: to be
 * asked before work whose result would be lost. Throws what the system says.
 */
export async function tryFolder(folder: string): Promise<void> {
  const file = join(folder, `.rushbench-${randomUUID()}.tmp`)
  const levels = new Set<string>()
  try {
    await inFolder(folder, async (made) => {
      for (const level of made) levels.add(level)
      await writeFile(file, Buffer.alloc(probeBytes), { flush: true })
    })
  } finally {
    await ignoreFailure(rm(file, { force: true }))
    for (const level of [...levels].toReversed()) await ignoreFailure(rmdir(level))
  }
}

/** The folder that rushbench keeps its files in by default, in the working directory. */
const ownFolder = '.rushbench'

const ofFolders = 0o700
const ofFiles = 0o600

/** Endings of a database file and of those that SQLite keeps beside it. */
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

/** `<folder>/<UTC time>-<kind>`: how the files of a run begin. */
export function runFileName(folder: string, startedAt: string, kind: string): string {
  return join(folder, `${startedAt.replace(/\.\d+Z$/, 'Z').replaceAll(':', '-')}-${kind}`)
}

/** Takes `name.json`, or `name-2.json` and so on when that is taken (EEXIST): what is there is never replaced. */
export async function takeFreeName<T>(name: string, extension: string, take: (path: string) => Promise<T>): Promise<T> {
  for (let number = 1; ; number++) {
    try {
      return await take(`${name}${number === 1 ? '' : `-${number}`}${extension}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

/**
 * Whether a name is like a pattern, in which `*` stands for any text and `?` for one character. However many `*` there are,
 * it takes no longer than the product of both lengths.
 */
export function isLike(name: string, pattern: string): boolean {
  let at = 0
  let inName = 0
  /** The last `*`, and how much of the name it takes so far. */
  let star: { readonly at: number; end: number } | null = null
  while (inName < name.length) {
    if (pattern[at] === '*') {
      star = { at: at++, end: inName }
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[inName])) {
      at++
      inName++
    } else if (star) {
      at = star.at + 1
      inName = ++star.end
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
