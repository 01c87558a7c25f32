import type { VirtualUser } from '../../../ports/scenario.ts'
import { ask } from './graphql.ts'

const postImages = `query postImages($id: ID!) {
  post(id: $id) { images { id path bytes contentType } }
}`

interface ShownImage {
  readonly id: string
  readonly path: string
}

const created = 201

/** Sends an image of one's own post: its id, or null where it was not taken. */
export async function upload(user: VirtualUser, postId: string, png: Buffer, idToken: string): Promise<string | null> {
  const answer = await user.request({
    step: 'uploadImage',
    method: 'POST',
    path: `/images?post=${encodeURIComponent(postId)}`,
    headers: { authorization: `Bearer ${idToken}`, 'content-type': 'image/png' },
    body: png,
    wantBody: true,
  })
  return answer.status === created ? (answer.json() as { readonly id: string }).id : null
}

/** Looks at the images of a post, and at this one as it is given: false where it is not among them. */
export async function isShown(
  user: VirtualUser,
  postId: string,
  imageId: string,
  png: Buffer,
  idToken: string,
): Promise<boolean> {
  const { data } = await ask(user, 'postImages', postImages, { id: postId }, { idToken })
  const shown = data?.['post'] as { readonly images: readonly ShownImage[] } | null | undefined
  // That it could not be asked for is a failure already.
  if (!shown) return true
  const image = shown.images.find(({ id }) => id === imageId)
  if (!image) return false
  await user.request({
    step: 'image',
    method: 'GET',
    path: image.path,
    wantBody: true,
    failureOf: ({ body }) => (body.equals(png) ? null : 'it is not what was sent'),
  })
  return true
}
