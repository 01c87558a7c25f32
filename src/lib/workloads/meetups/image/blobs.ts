/** Where the bytes of images are, each under a name of letters, digits and dashes. */
export interface Blobs {
  /** Keeps what comes, whole or, when that throws, not at all; durable when it resolves. */
  write(name: string, chunks: AsyncIterable<Buffer>): Promise<void>
  /** In chunks of at most `chunkBytes`. Throws `BlobMissing`. */
  read(name: string): AsyncIterable<Buffer>
  /** Does nothing when it is gone already. */
  remove(name: string): Promise<void>
  /** All that were written whole, in any order, and when, in ms since 1970. */
  list(): AsyncIterable<{ readonly name: string; readonly writtenAt: number }>
}

/** There is nothing under that name. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
}
