/** An image. Times in ms since 1970. */
export interface Image {
  readonly id: string
  readonly ownerId: string
  readonly contentType: string
  readonly bytes: number
  readonly createdAt: number
}

/**
 * The header comes first, then chunks of at most `chunkBytes`, then the end. Without the end, which says how many bytes there
 * were, an upload is one that broke off: a stream that is cancelled looks like one that is over.
 */
export type UploadPart =
  | { readonly header: { readonly ownerId: string; readonly contentType: string } }
  | { readonly chunk: Buffer }
  | { readonly end: { readonly bytes: number } }

export const chunkBytes = 64 * 1024

/** Images of posts; proto/meetups/image.proto says what each does and which errors it responds with. */
export interface ImageService {
  upload(parts: AsyncIterable<UploadPart>): Promise<Image>
  download(request: { readonly id: string }, signal: AbortSignal): AsyncIterable<{ readonly chunk: Buffer }>
  getImages(request: { readonly ownerIds: readonly string[] }): Promise<{ readonly images: readonly Image[] }>
  deleteImagesOf(request: { readonly ownerId: string }): Promise<{ readonly count: number }>
}
