import { requireIds, requireOneOf, requireThat } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { chunkBytes, ownerKinds, type OwnerKind, type UploadPart } from './contract.ts'

export const contentTypes = ['image/jpeg', 'image/png', 'image/webp'] as const

export type ContentType = (typeof contentTypes)[number]

/** Bytes from which the type can be told. */
const headBytes = 16

/** Bytes from the end of a file that tell whether it is whole. */
const tailBytes = 12

/** Tells the type of a file by its first bytes, whatever it is called; null for none of the types. */
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

/** Bytes that the length in the head of a WebP leaves out: itself, and what stands before it. */
const beforeRiffLength = 8

/** Whether a file ends as one of its type does, by its first and last bytes and how many there are in all. */
function isWhole(contentType: ContentType, head: Buffer, tail: Buffer, bytes: number): boolean {
  if (contentType === 'image/webp') return head.readUInt32LE(4) + beforeRiffLength === bytes
  return tail.toString('hex').endsWith(contentType === 'image/png' ? endOfPng : endOfJpeg)
}

export const maxBytes = 5 * 1024 * 1024

/** The owner of an image, and the type that it is said to be of. */
export interface Header {
  readonly ownerId: string
  readonly ownerKind: OwnerKind
  /** Empty, but for a message. */
  readonly roomId: string
  readonly contentType: ContentType
}

/** The first part of an upload. Throws `invalid` for what is no header. */
export async function readHeader(parts: AsyncIterator<UploadPart>): Promise<Header> {
  const { value, done } = await parts.next()
  const header = done ? null : partOf(value, 'header')
  requireThat(header !== null, 'The first part', 'is no header')
  const { ownerId, contentType, ...rest } = header as Extract<UploadPart, { header: object }>['header']
  requireIds([ownerId], 'ownerId')
  const ownerKind = rest.ownerKind || 'post'
  requireOneOf(ownerKind, 'ownerKind', ownerKinds)
  const roomId = (ownerKind === 'message' && rest.roomId) || ''
  if (ownerKind === 'message') requireIds([roomId], 'roomId')
  requireThat(
    (contentTypes as readonly string[]).includes(contentType),
    'contentType',
    `is none of ${contentTypes.join(', ')}`,
  )
  return { ownerId, ownerKind, roomId, contentType: contentType as ContentType }
}

/**
 * The bytes that follow the header, as they come. Throws `invalid` where they are not a whole image of that type or break off,
 * and `full` as soon as there are too many, so that whoever writes them keeps none of them. `onBytes` is told of how many there are.
 */
export async function* readChunks(
  parts: AsyncIterator<UploadPart>,
  contentType: ContentType,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0)
  let tail = Buffer.alloc(0)
  let bytes = 0
  for (;;) {
    const part = await parts.next()
    if (part.done) throw new RpcError('invalid', 'The upload broke off')
    const end = partOf(part.value, 'end')
    if (end) {
      requireThat(end.bytes === bytes, 'The upload', `has ${bytes} bytes instead of ${end.bytes}`)
      break
    }
    const chunk = partOf(part.value, 'chunk')
    requireThat(chunk !== null, 'A part', 'is neither a chunk nor the end')
    const { length } = chunk as Buffer
    requireThat(length <= chunkBytes, 'A chunk', `has more than ${chunkBytes} bytes`)
    bytes += length
    tail = Buffer.concat([tail, (chunk as Buffer).subarray(-tailBytes)]).subarray(-tailBytes)
    if (bytes > maxBytes) throw new RpcError('full', `The image has more than ${maxBytes} bytes`)
    const isChecked = head.length >= headBytes
    if (!isChecked) {
      head = Buffer.concat([head, chunk as Buffer])
      if (head.length < headBytes) continue
      requireType(head, contentType)
    }
    yield isChecked ? (chunk as Buffer) : head
  }
  requireThat(head.length >= headBytes, 'The image', `has less than ${headBytes} bytes`)
  requireThat(isWhole(contentType, head, tail, bytes), 'The image', `is no whole ${contentType}`)
  onBytes(bytes)
}

function requireType(head: Buffer, contentType: ContentType): void {
  requireThat(contentTypeOf(head) === contentType, 'The image', `is no ${contentType}`)
}

/** Null where the part is another one: over gRPC it may have all fields then. */
function partOf<Name extends 'header' | 'chunk' | 'end'>(
  part: UploadPart,
  name: Name,
): Extract<UploadPart, Record<Name, unknown>>[Name] | null {
  return (part as Extract<UploadPart, Record<Name, unknown>>)[name] ?? null
}
