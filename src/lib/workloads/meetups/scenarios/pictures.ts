import type { VirtualUser } from '../../../ports/scenario.ts'
import { ask, resultOf } from './graphql.ts'
import { crc32, deflateSync } from 'node:zlib'
import type { Random } from '../../../base/random.ts'

const side = 16

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const bitsPerChannel = 8
const trueColour = 2
const bytesPerPixel = 3

/** A PNG of some hundred bytes, which any program can show; hardly ever the same twice. */
export function makePng(random: Random): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = bitsPerChannel
  header[9] = trueColour
  const rows = Array.from({ length: side }, () => {
    // The first byte says that the row is not filtered.
    const row = Buffer.alloc(1 + side * bytesPerPixel)
    for (let at = 1; at < row.length; at++) row[at] = random.integer(0, 255)
    return row
  })
  const data = deflateSync(Buffer.concat(rows))
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))])
}

/** Its length, its type, what is in it, and a checksum of the latter two. */
function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, sum])
}

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
  const response = await user.request({
    step: 'uploadImage',
    method: 'POST',
    path: `/images?post=${encodeURIComponent(postId)}`,
    headers: { authorization: `Bearer ${idToken}`, 'content-type': 'image/png' },
    body: png,
    wantBody: true,
  })
  return response.status === created ? (response.json() as { readonly id: string }).id : null
}

/** Looks at the images of a post, and at this one as it is given: false where it is not among them. */
export async function isShown(
  user: VirtualUser,
  postId: string,
  imageId: string,
  png: Buffer,
  idToken: string,
): Promise<boolean> {
  const response = await ask(user, 'postImages', postImages, { id: postId }, { idToken })
  const shown = resultOf(response, 'post') as { readonly images: readonly ShownImage[] } | null
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
