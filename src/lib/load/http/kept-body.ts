/** A body that is kept while it arrives. */
export interface KeptBody {
  bytes: Buffer
  length: number
}

/** A body is refused beyond this size, since what is kept is kept in memory. */
export const maxKeptBytes = 64 * 1024 * 1024

/** Room for a body of unknown length, and the most that is believed of a length that was only announced. */
const firstRoom = { unknown: 16 * 1024, announced: 1024 * 1024 } as const

/** Room for a body of `announced` bytes, null when that is not known. */
export function createKeptBody(announced: number | null): KeptBody {
  const room = announced === null ? firstRoom.unknown : Math.min(announced, firstRoom.announced)
  return { bytes: Buffer.allocUnsafe(room), length: 0 }
}

/** Copies the bytes from `start` to `end`, since `chunk` will be read into again. */
export function keepBytes(body: KeptBody, chunk: Buffer, start: number, end: number): void {
  const length = body.length + end - start
  if (length > body.bytes.length) {
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * body.bytes.length))
    body.bytes.copy(larger, 0, 0, body.length)
    body.bytes = larger
  }
  chunk.copy(body.bytes, body.length, start, end)
  body.length = length
}

/** What was kept. */
export function keptBytes(body: KeptBody): Buffer {
  return body.bytes.subarray(0, body.length)
}
