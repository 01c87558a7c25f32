/** The types of images that are taken. */
export const contentTypes = ['image/jpeg', 'image/png', 'image/webp'] as const

/** One of them. */
export type ContentType = (typeof contentTypes)[number]

/** Bytes from which the type can be told. */
export const headBytes = 16

/** Bytes from the end of a file that tell whether it is whole. */
export const tailBytes = 12

/** What the first bytes of a file say that it is, whatever it is called; null for none of the types. */
export function contentTypeOf(head: Buffer): ContentType | null {
  const has = (at: number, ...bytes: readonly number[]) => bytes.every((byte, index) => head[at + index] === byte)
  const says = (at: number, text: string) => head.subarray(at, at + text.length).toString('latin1') === text
  if (has(0, 0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (has(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) && says(12, 'IHDR')) return 'image/png'
  if (says(0, 'RIFF') && says(8, 'WEBP')) return 'image/webp'
  return null
}

/** The chunk that a PNG ends with: no bytes, IEND, and the checksum of that. */
const endOfPng = '0000000049454e44ae426082'

/** The marker that a JPEG ends with. */
const endOfJpeg = 'ffd9'

/** What the length in the head of a WebP leaves out: itself, and what stands before it. */
const beforeRiffLength = 8

/** Whether a file ends as one of its type does, by its first and last bytes and how many there are in all. */
export function isWhole(contentType: ContentType, head: Buffer, tail: Buffer, bytes: number): boolean {
  if (contentType === 'image/webp') return head.readUInt32LE(4) + beforeRiffLength === bytes
  return tail.toString('hex').endsWith(contentType === 'image/png' ? endOfPng : endOfJpeg)
}
