/** Things that may have images. */
export const ownerKinds = ['post', 'user', 'message'] as const

export type OwnerKind = (typeof ownerKinds)[number]

/** An image. Times in ms since 1970. */
export interface Image {
  readonly id: string
  readonly ownerId: string
  readonly ownerKind: OwnerKind
  /** The room of a message, whose members alone may see it; empty for others, which everybody may see. */
  readonly roomId: string
  readonly contentType: string
  readonly bytes: number
  readonly createdAt: number
}

/** Says whose the image is; without a kind it is a post's. */
export interface UploadHeader {
  readonly ownerId: string
  readonly contentType: string
  readonly ownerKind?: OwnerKind
  readonly roomId?: string
}

/**
 * The header comes first, then chunks of at most `chunkBytes`, then the end. Without the end, which says how many bytes there
 * were, an upload is one that broke off: a stream that is cancelled looks like one that is over.
 */
export type UploadPart =
  | { readonly header: UploadHeader }
  | { readonly chunk: Buffer }
  | { readonly end: { readonly bytes: number } }

export const chunkBytes = 64 * 1024

/** Images of posts, users and messages; proto/meetups/image.proto says what each does and which errors it responds with. */
export interface ImageService {
  upload(parts: AsyncIterable<UploadPart>): Promise<Image>
  download(request: { readonly id: string }, signal: AbortSignal): AsyncIterable<{ readonly chunk: Buffer }>
  getImages(request: { readonly ownerIds: readonly string[] }): Promise<{ readonly images: readonly Image[] }>
  getImagesById(request: { readonly ids: readonly string[] }): Promise<{ readonly images: readonly Image[] }>
  deleteImage(request: { readonly id: string }): Promise<object>
  deleteImagesOf(request: { readonly ownerId: string }): Promise<{ readonly count: number }>
}
