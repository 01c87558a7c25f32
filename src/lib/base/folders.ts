import { randomUUID } from 'node:crypto'
import { mkdir, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ignoreFailure } from './abort.ts'

/** How often a folder is made again that another process removes: one that only tried whether it could be made. */
const mostTries = 5

/** More than what a file system still takes in beside a file's name when it is full. */
const probeBytes = 4096

/** What the system makes of a name under which it has no folder, and makes none. */
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

/** Does `work` in a folder that is made where there is none; again where it is removed meanwhile. */
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
