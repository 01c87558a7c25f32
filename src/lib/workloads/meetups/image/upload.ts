import { requireIds, requireThat } from '../checks.ts'
import { RpcError } from '../rpc/errors.ts'
import { chunkBytes, type UploadPart } from './contract.ts'
import { contentTypeOf, contentTypes, headBytes, isWhole, tailBytes, type ContentType } from './format.ts'

/** The largest image, in bytes. */
export const maxBytes = 5 * 1024 * 1024

/** Whose image it is, and what it is said to be. */
export interface Header {
  readonly ownerId: string
  readonly contentType: ContentType
}

/** The first part of an upload. Throws `invalid` for what is no header. */
export async function readHeader(parts: AsyncIterator<UploadPart>): Promise<Header> {
  const { value, done } = await parts.next()
  const header = done ? null : partOf(value, 'header')
  requireThat(header !== null, 'The first part', 'is no header')
  const { ownerId, contentType } = header as Extract<UploadPart, { header: object }>['header']
  requireIds([ownerId], 'ownerId')
  requireThat(
    (contentTypes as readonly string[]).includes(contentType),
    'contentType',
    `is none of ${contentTypes.join(', ')}`,
  )
  return { ownerId, contentType: contentType as ContentType }
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
