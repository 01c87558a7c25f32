import type { Socket as NetSocket } from 'node:net'
import type { WebSocketInit } from 'undici'

/** A WebSocket of undici whose connection can be broken off: to close it, the server has to answer. */
export interface RawWebSocket {
  readonly events: WebSocket
  /** Breaks the connection off. */
  terminate(): void
}

/** Opens WebSockets. Throws SyntaxError for a protocol that there cannot be. */
export type OpenRawWebSocket = (url: URL, options: Pick<WebSocketInit, 'protocols' | 'headers'>) => RawWebSocket

/** Loads undici, and returns what opens its WebSockets. Connections that are not made within `timeoutMs` are given up. */
export async function loadWebSockets(timeoutMs: number): Promise<OpenRawWebSocket> {
  const { buildConnector, Client, WebSocket: UndiciWebSocket } = await import('undici')
  const connect = buildConnector({ timeout: timeoutMs })
  return (url, options) => {
    let connection: NetSocket | null = null
    const client = new Client(url.origin.replace(/^ws/, 'http'), {
      connect(endpoint, callback) {
        connect(endpoint, (...[error, socket]) => {
          connection = socket
          if (error) callback(error, null)
          else callback(null, socket)
        })
      },
    })
    const events = new UndiciWebSocket(url, { ...options, dispatcher: client })
    const forget = (): void => void client.destroy().catch(() => {})
    events.addEventListener('close', forget)
    return {
      events,
      terminate() {
        forget()
        connection?.destroy()
      },
    }
  }
}
