import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The answer that is due on a connection, from the head of its request to its last byte; null where there is none. */
export function answerOn(socket: Socket): ServerResponse | null {
  const { _httpMessage: answer } = socket as { readonly _httpMessage?: ServerResponse | null }
  return answer ?? null
}
