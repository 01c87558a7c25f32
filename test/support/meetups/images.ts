import type { ContentType } from '../../../src/lib/workloads/meetups/image/upload.ts'

const jpegHead = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1])
const pngHead = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex')

/** The shortest that `makeImage` makes, with nothing between its beginning and its end. */
export const shortestImage = pngHead.length + pngEnd.length

/** Begins and ends as an image of that type; `middle` is what is between. */
export function makeImage(contentType: ContentType, middle: Uint8Array): Buffer {
  if (contentType === 'image/png') return Buffer.concat([pngHead, middle, pngEnd])
  if (contentType === 'image/jpeg')
    return Buffer.concat([jpegHead, Buffer.alloc(14), middle, Buffer.from([0xff, 0xd9])])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(shortestImage - 8 + middle.length)
  return Buffer.concat([Buffer.from('RIFF'), length, Buffer.from('WEBP'), Buffer.alloc(16), middle])
}
