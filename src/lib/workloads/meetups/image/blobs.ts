/** Where the bytes of images are, each under a name of letters, digits and dashes. */
export interface Blobs {
  /** Keeps what comes, whole or, when that throws, not at all; durable when it resolves. */
  write(name: string, chunks: AsyncIterable<Buffer>): Promise<void>
  /** In chunks of at most `chunkBytes`. Throws `BlobMissing`. */
  read(name: string): AsyncIterable<Buffer>
  /** Does nothing when it is gone already. */
  remove(name: string): Promise<void>
  /** The names of all that were written whole, in any order. */
  list(): AsyncIterable<string>
}

/** There is nothing under that name. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing'
}
