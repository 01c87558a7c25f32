import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, opendir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { failure, reasonOf } from '../../../errors.ts'
import { makeFolder, tryFolder } from '../../../folders.ts'
import { BlobMissing, type Blobs } from './blobs.ts'
import { chunkBytes } from './contract.ts'

/** What is being written, and what was when its process was killed. */
const partEnding = '.part'

/** When a part that did not change is nobody's any more, ms. */
const abandonedMs = 3_600_000

/** Names that cannot lead out of the folder. */
const nameAllowed = /^[\da-zA-Z][\da-zA-Z-]*$/

/**
 * Bytes in files of a folder, which is made when it is not there; readable for nobody else. Throws `images-unusable` for one
 * that cannot be written to.
 */
export async function openDiskBlobs(folder: string): Promise<Blobs> {
  try {
    await makeFolder(folder, 0o700)
    await tryFolder(folder)
    await removeOldParts(folder)
  } catch (error) {
    throw failure('images-unusable', { folder, reason: reasonOf(error) }, error)
  }
  return {
    async write(name, chunks) {
      const part = join(folder, `${randomUUID()}${partEnding}`)
      try {
        await writeDurably(part, chunks)
        await rename(part, pathOf(folder, name))
        await syncFolder(folder)
      } catch (error) {
        await rm(part, { force: true })
        throw error
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
        if (!entry.isFile() || !nameAllowed.test(entry.name)) continue
        const writtenAt = await changedAt(join(folder, entry.name))
        if (writtenAt !== null) yield { name: entry.name, writtenAt }
      }
    },
  }
}

function pathOf(folder: string, name: string): string {
  if (!nameAllowed.test(name)) throw new BlobMissing(`${JSON.stringify(name)} cannot be the name of an image`)
  return join(folder, name)
}

/** What processes have left that were killed while they wrote; one that is at work still changes its file. */
async function removeOldParts(folder: string): Promise<void> {
  for await (const { name } of await opendir(folder)) {
    const path = join(folder, name)
    if (!name.endsWith(partEnding) || Date.now() - ((await changedAt(path)) ?? 0) < abandonedMs) continue
    await rm(path, { force: true })
  }
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

/** So that the new name is on the disk, too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
