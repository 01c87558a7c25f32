import type { RequestBody } from '../scenario.ts'

/** A body as it goes over the wire. */
export interface EncodedBody {
  readonly content: string | Uint8Array
  /** What it is, unless the request has a header that says so. */
  readonly type: string
}

/** A text and bytes as they are, any other object as JSON. */
export function encodeBody(body: RequestBody): EncodedBody {
  if (typeof body === 'string') return { content: body, type: 'text/plain; charset=utf-8' }
  if (body instanceof Uint8Array) return { content: body, type: 'application/octet-stream' }
  return { content: JSON.stringify(body), type: 'application/json' }
}
