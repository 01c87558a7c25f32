/** The types of images that are taken. */
export const contentTypes = ['image/jpeg', 'image/png', 'image/webp'] as const

/** One of them. */
export type ContentType = (typeof contentTypes)[number]

/** Bytes from which the type can be told. */
export const headBytes = 12

/** What the first bytes of a file say that it is, whatever it is called; null for none of the types. */
export function contentTypeOf(head: Buffer): ContentType | null {
  const has = (at: number, ...bytes: readonly number[]) => bytes.every((byte, index) => head[at + index] === byte)
  const says = (at: number, text: string) => head.subarray(at, at + text.length).toString('latin1') === text
  if (has(0, 0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (has(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (says(0, 'RIFF') && says(8, 'WEBP')) return 'image/webp'
  return null
}
