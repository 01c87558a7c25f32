import { mistaken, ScenarioMistake, shown } from '../../scenarios/mistakes.ts'

/** A body as it goes over the wire. */
export interface EncodedBody {
  readonly content: string | Uint8Array
  /** Content type, unless the request has a header that says so. */
  readonly type: string
}

const text = 'text/plain; charset=utf-8'
const bytes = 'application/octet-stream'

/** Returns the default content type of a text or of bytes. */
export function typeOf(content: string | Uint8Array): string {
  return typeof content === 'string' ? text : bytes
}

const allowed =
  'a text, bytes (Buffer, ArrayBuffer, typed arrays), URLSearchParams, FormData, a Blob, a stream of texts or bytes, or an object that JSON can hold'

/**
 * Encodes a body as fetch does, and any other object as JSON; at once where it can be. `isNew` has all of an object
 * looked at for what JSON leaves out, rather than only what it betrays. Throws ScenarioMistake, also later.
 */
export function encodeBody(body: unknown, isNew: boolean): EncodedBody | Promise<EncodedBody> {
  if (typeof body === 'string') return { content: body, type: text }
  if (typeof body !== 'object' || body === null) throw mistaken('body', body, allowed)
  const prototype: unknown = Object.getPrototypeOf(body)
  if (prototype === Object.prototype || prototype === Array.prototype) return encodeJson(body, isNew)
  if (body instanceof Uint8Array) return { content: body, type: bytes }
  if (ArrayBuffer.isView(body)) {
    return { content: new Uint8Array(body.buffer, body.byteOffset, body.byteLength), type: bytes }
  }
  if (body instanceof ArrayBuffer || body instanceof SharedArrayBuffer) {
    return { content: new Uint8Array(body), type: bytes }
  }
  if (body instanceof URLSearchParams) {
    return { content: body.toString(), type: 'application/x-www-form-urlencoded;charset=UTF-8' }
  }
  if (body instanceof FormData) return encodeForm(body)
  if (body instanceof Blob) return encodeBlob(body)
  if (Symbol.asyncIterator in body) return collect(body as AsyncIterable<unknown>)
  return encodeJson(body, isNew)
}

function encodeJson(body: object, isNew: boolean): EncodedBody {
  let content: string | undefined
  try {
    content = JSON.stringify(body)
  } catch (error) {
    // Node tells of a circle in several lines, of which the first says it.
    const [reason] = String(error instanceof Error ? error.message : error).split('\n')
    throw new ScenarioMistake(`the body cannot be made JSON: ${reason}. Allowed: ${allowed}`, { cause: error })
  }
  if (content === undefined) throw mistaken('body', body, allowed)
  // What most objects that JSON knows nothing of become, at any depth.
  if (isNew || content.includes('{}') || content.includes('{"0":')) requireJson(body, 'body')
  return { content, type: 'application/json' }
}

/** Throws ScenarioMistake for what JSON leaves out or turns into something else. `value` holds no circle. */
function requireJson(value: unknown, at: string): void {
  if (typeof value === 'number' ? !Number.isFinite(value) : typeof value === 'function' || typeof value === 'symbol') {
    throw new ScenarioMistake(`${at} is ${shown(value)}, which JSON cannot hold`)
  }
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) requireJson(item, `${at}[${index}]`)
    return
  }
  const entries = Object.entries(value)
  if (ArrayBuffer.isView(value) || (entries.length === 0 && isMoreThanEmpty(value))) {
    throw new ScenarioMistake(
      `${at} is ${shown(value)}, which JSON turns into ${entries.length === 0 ? '{}' : 'an object'}. Allowed: ${allowed}`,
    )
  }
  for (const [key, item] of entries) requireJson(item, `${at}.${key}`)
}

function isMoreThanEmpty(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype !== Object.prototype && prototype !== null) || Object.getOwnPropertySymbols(value).length > 0
}

async function encodeForm(form: FormData): Promise<EncodedBody> {
  const response = new Response(form)
  const type = response.headers.get('content-type') as string
  return { content: new Uint8Array(await response.arrayBuffer()), type }
}

async function encodeBlob(blob: Blob): Promise<EncodedBody> {
  return { content: new Uint8Array(await blob.arrayBuffer()), type: blob.type || bytes }
}

/** A stream that never ends would fill the memory, bytes. */
const mostStreamBytes = 2 ** 30

/** Streams that have been read: a second time there is nothing in them. */
const read = new WeakSet<object>()

async function collect(source: AsyncIterable<unknown>): Promise<EncodedBody> {
  const { locked, readableEnded, destroyed } = source as {
    locked?: unknown
    readableEnded?: unknown
    destroyed?: unknown
  }
  if (read.has(source) || locked === true || readableEnded === true || destroyed === true) {
    throw new ScenarioMistake(
      `the body is ${shown(source)} that has been read already. Make a new one for each request, or send a text or bytes`,
    )
  }
  read.add(source)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of source) {
    const piece = toBytes(chunk)
    length += piece.length
    if (length > mostStreamBytes)
      throw new ScenarioMistake(`the body is a stream of more than ${mostStreamBytes} bytes`)
    chunks.push(piece)
  }
  return { content: Buffer.concat(chunks), type: bytes }
}

function toBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  if (chunk instanceof Uint8Array) return chunk
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk)
  throw mistaken('a piece of the body', chunk, 'a text or bytes')
}
