import { parseExactJson } from '../../../../base/exact-json.ts'

/** The subprotocol of WebSockets, as https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md says. */
export const protocolName = 'graphql-transport-ws'

/** Why a socket is closed: the codes of the protocol, and of WebSockets themselves. */
export const closings = {
  away: { code: 1001, reason: 'The server is closing' },
  binary: { code: 1003, reason: 'Messages are text' },
  tooMany: { code: 1008, reason: 'Too many messages' },
  invalid: { code: 4400, reason: 'Invalid message' },
  unauthorized: { code: 4401, reason: 'Unauthorized' },
  wrongProtocol: { code: 4406, reason: 'Subprotocol not acceptable' },
  initTimeout: { code: 4408, reason: 'Connection initialisation timeout' },
  initTwice: { code: 4429, reason: 'Too many initialisation requests' },
} as const

export interface Closing {
  readonly code: number
  readonly reason: string
}

/** Closes a socket for two subscriptions under one id. */
export function duplicate(id: string): Closing {
  return { code: 4409, reason: `Subscriber for ${id} already exists` }
}

export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Readonly<Record<string, unknown>> }
  | { readonly type: 'ping' | 'pong' }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: unknown }
  | { readonly type: 'complete'; readonly id: string }

export type ServerMessage =
  | { readonly type: 'connection_ack' | 'pong' }
  | { readonly type: 'next' | 'error'; readonly id: string; readonly payload: unknown }
  | { readonly type: 'complete'; readonly id: string }

/** The longest id, in bytes: it has to go into the reason of a closing. */
const longestId = 64

/** Reads a message. Returns null for anything else. */
export function readMessage(text: string): ClientMessage | null {
  const { value, parseError } = parseExactJson(text)
  if (parseError || typeof value !== 'object' || value === null || !('type' in value)) return null
  const { type, id, payload } = value as Readonly<Record<string, unknown>>
  const hasId = typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= longestId
  const given = payload ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) return null
  switch (type) {
    case 'connection_init':
      return { type, payload: given as Readonly<Record<string, unknown>> }
    case 'ping':
    case 'pong':
      return { type }
    case 'subscribe':
      return hasId ? { type, id, payload } : null
    case 'complete':
      return hasId ? { type, id } : null
    default:
      return null
  }
}
