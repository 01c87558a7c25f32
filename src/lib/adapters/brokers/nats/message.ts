import { headers, type MsgHdrs } from '@nats-io/transport-node'
import type { Message } from '../../../ports/broker.ts'

/** Has a message's key, percent-encoded: a header is a line of text without spaces at its ends, a key may be any text. */
const keyHeader = 'Rushbench-Key'

/** The headers of a message with this key; none for an empty one. */
export function headersOf(key: string): { headers?: MsgHdrs } {
  if (key === '') return {}
  const named = headers()
  named.set(keyHeader, encodeURIComponent(key.toWellFormed()))
  return { headers: named }
}

/** A message of the server as one of ours; its key is empty when somebody else published it. */
export function messageOf(stored: { readonly headers?: MsgHdrs | undefined; readonly data: Uint8Array }): Message {
  const { data } = stored
  return {
    key: decodeKey(stored.headers?.get(keyHeader) ?? ''),
    value: Buffer.from(data.buffer, data.byteOffset, data.length),
  }
}

function decodeKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}
