import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, opendir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { tryFolder, makePrivateFolder } from '../../../base/files.ts'
import { isRunning } from '../../../base/processes.ts'
import { uuidPattern } from '../checks.ts'
import { chunkBytes } from './contract.ts'

/** Where the bytes of images are, each under a name of letters, digits and dashes. */
export interface Blobs {
  /** Keeps what comes, whole or, when that throws, not at all; durable when it resolves. */
  write(name: string, chunks: AsyncIterable<Buffer>): Promise<void>
  /** In chunks of at most `chunkBytes`. Throws `BlobMissing`. */
  read(name: string): AsyncIterable<Buffer>
  /** Does nothing when it is gone already. */
  remove(name: string): Promise<void>
  /** All images that were written whole, in any order, and when, in ms since 1970: other files are never told of. */
  list(): AsyncIterable<{ readonly name: string; readonly writtenAt: number }>
  close(): Promise<void>
}

/** There is nothing under that name. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
}

/** The name of a file that is being written, or was when its process was killed: `<uuid>.<host>.<process>.part`. */
const partName = /^[\da-f-]+\.(?<host>[\w-]+)\.(?<pid>\d+)\.part$/
const partEnding = '.part'

/** When a part of another host that did not change is nobody's any more, ms. */
const abandonedMs = 3_600_000

const thisHost = hostname().replaceAll(/[^\w-]/g, '-') || 'host'

/** Parts that this process is writing. */
const writing = new Set<string>()

/** Names that cannot lead out of the folder. */
const nameAllowed = /^[\da-zA-Z][\da-zA-Z-]*$/

/**
 * Bytes in files of a folder, which is made when it is not there; readable for nobody else. Throws `images-unusable` for one
 * that cannot be written to.
 */
export async function openDiskBlobs(folder: string): Promise<Blobs> {
  try {
    await makePrivateFolder(folder)
    await tryFolder(folder)
    await removeOldParts(folder)
  } catch (error) {
    throw failure('images-unusable', { place: `the folder ${folder}`, reason: reasonOf(error) }, error)
  }
  return {
    async write(name, chunks) {
      const partFile = `${randomUUID()}.${thisHost}.${process.pid}${partEnding}`
      const part = join(folder, partFile)
      writing.add(partFile)
      try {
        await writeDurably(part, chunks)
        await rename(part, pathOf(folder, name))
        await syncFolder(folder)
      } catch (error) {
        await rm(part, { force: true })
        throw error
      } finally {
        writing.delete(partFile)
      }
    },
    async *read(name) {
      try {
        yield* createReadStream(pathOf(folder, name), { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        throw new BlobMissing(`there is no image ${name}`, { cause: error })
      }
    },
    async remove(name) {
      await rm(pathOf(folder, name), { force: true })
    },
    async *list() {
      for await (const entry of await opendir(folder)) {
        if (!entry.isFile() || !uuidPattern.test(entry.name)) continue
        const writtenAt = await changedAt(join(folder, entry.name))
        if (writtenAt !== null) yield { name: entry.name, writtenAt }
      }
    },
    async close() {},
  }
}

function pathOf(folder: string, name: string): string {
  if (!nameAllowed.test(name)) throw new BlobMissing(`${JSON.stringify(name)} cannot be the name of an image`)
  return join(folder, name)
}

/** Removes what processes have left that were killed while they wrote. */
async function removeOldParts(folder: string): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    if (partName.test(name) && (await isAbandoned(folder, name))) await rm(join(folder, name), { force: true })
  }
}

/** Whether nobody writes it. What a process of another host writes, or one that got the number of a dead one, shows by age. */
async function isAbandoned(folder: string, name: string): Promise<boolean> {
  const { host, pid } = partName.exec(name)?.groups ?? {}
  if (host === thisHost && Number(pid) === process.pid) return !writing.has(name)
  if (host === thisHost && !isRunning(Number(pid))) return true
  return Date.now() - ((await changedAt(join(folder, name))) ?? 0) >= abandonedMs
}

/** Ms since 1970; null when it is gone. */
async function changedAt(path: string): Promise<number | null> {
  const found = await stat(path).catch(() => null)
  return found && found.mtimeMs
}

async function writeDurably(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const chunk of chunks) await file.appendFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a new name in the folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
