import { constants, type Stats } from 'node:fs'
import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatBytes } from './format.ts'

const lookEveryMs = 20

/**
 * Reads a file that a person named, whole. A pipe, as `<(...)` makes one, is read without ever waiting in the system: a thread
 * that opens a named pipe which nobody writes to can be ended by nothing, and holds the process past its end. Throws what the
 * system says, and Error where the file has more than `mostBytes` or nobody has opened the pipe to write after `writerWithinMs`.
 */
export async function readNamedFile(path: string, mostBytes: number, writerWithinMs = 10_000): Promise<Buffer> {
  const found: Stats = await stat(path)
  if (found.isFIFO()) return readPipe(path, mostBytes, writerWithinMs)
  // A device has no size, and perhaps no end.
  if (!found.isFile()) return readDevice(path, mostBytes)
  if (found.size > mostBytes) throw tooLarge(mostBytes)
  return readFile(path)
}

async function readPipe(path: string, mostBytes: number, writerWithinMs: number): Promise<Buffer> {
  const giveUpAt = performance.now() + writerWithinMs
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  let hasWriter = false
  return await readToEnd(file, mostBytes, async (bytes) => {
    if (bytes !== 0) hasWriter = true
    else if (hasWriter) return false
    else if (performance.now() > giveUpAt) throw new Error(`nobody has written to it for ${writerWithinMs / 1000} s`)
    if (bytes === 0 || bytes === null) await sleep(lookEveryMs)
    return true
  })
}

async function readDevice(path: string, mostBytes: number): Promise<Buffer> {
  await using file = await open(path)
  return await readToEnd(file, mostBytes, (bytes) => Promise.resolve(bytes !== 0))
}

/** Reads on while `goesOn` says so, which is told how many bytes came: null where there are none yet. */
async function readToEnd(
  file: FileHandle,
  mostBytes: number,
  goesOn: (bytes: number | null) => Promise<boolean>,
): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for (;;) {
    const part = Buffer.alloc(64 * 1024)
    const bytes = await file.read(part).then(
      ({ bytesRead }) => bytesRead,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EAGAIN') return null
        throw error
      },
    )
    if (bytes !== null && bytes > 0) parts.push(part.subarray(0, bytes))
    length += bytes ?? 0
    if (length > mostBytes) throw tooLarge(mostBytes)
    if (!(await goesOn(bytes))) return Buffer.concat(parts)
  }
}

function tooLarge(mostBytes: number): Error {
  return new Error(`it is larger than ${formatBytes(mostBytes)}`)
}
