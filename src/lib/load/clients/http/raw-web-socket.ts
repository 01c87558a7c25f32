import type { Socket as NetSocket } from 'node:net'
import type { Dispatcher, WebSocketInit } from 'undici'
import { ignoreFailure } from '../../../base/abort.ts'
import { plain } from '../../../base/format.ts'
import { explainSocketError, failures } from './failures.ts'

/** A WebSocket of undici whose connection can be broken off: to close it, the server has to answer. */
export interface RawWebSocket {
  readonly events: WebSocket
  /** Breaks the connection off. */
  terminate(): void
  /** Why it was never opened, or was closed by somebody else: its events say little of that. */
  explain(close: Pick<CloseEvent, 'code' | 'reason'>): string
}

/** Opens WebSockets. Throws SyntaxError for a protocol that there cannot be. */
export type OpenRawWebSocket = (url: URL, options: Pick<WebSocketInit, 'protocols' | 'headers'>) => RawWebSocket

/** Loads undici, and returns what opens its WebSockets. Connections that are not made within `timeoutMs` are given up. */
export async function loadWebSockets(timeoutMs: number): Promise<OpenRawWebSocket> {
  const { buildConnector, Client, WebSocket: UndiciWebSocket } = await import('undici')
  const connect = buildConnector({ timeout: timeoutMs })
  return (url, options) => {
    const seen: Seen = { isAsked: false, status: null, error: null, isOpen: false, hasEnded: false }
    let connection: NetSocket | null = null
    const client = new Client(url.origin.replace(/^ws/, 'http'), {
      connect(endpoint, callback) {
        connect(endpoint, (...[error, socket]) => {
          connection = socket
          socket?.on('error', (reason: Error) => (seen.error ??= reason))
          socket?.on('end', () => (seen.hasEnded = true))
          if (error) callback(error, null)
          else callback(null, socket)
        })
      },
    })
    const dispatcher = client.compose((dispatch) => (request, handler) => {
      seen.isAsked = true
      return dispatch(request, watchResponse(handler, seen))
    })
    const events = new UndiciWebSocket(url, { ...options, dispatcher })
    const forget = (): void => void ignoreFailure(client.destroy())
    events.addEventListener('open', () => (seen.isOpen = true))
    events.addEventListener('close', forget)
    return {
      events,
      terminate() {
        forget()
        connection?.destroy()
      },
      explain: (close) => (seen.isOpen ? explainClose(seen, close) : explainRefusal(seen)),
    }
  }
}

/** Events on the way to a WebSocket, and on it. */
interface Seen {
  /** A request for an upgrade was made. */
  isAsked: boolean
  /** Status of the response to the upgrade request; null before it. */
  status: number | null
  error: Error | null
  isOpen: boolean
  /** The server sends no more. */
  hasEnded: boolean
}

function watchResponse(handler: Dispatcher.DispatchHandler, seen: Seen): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade(controller, status, headers, socket) {
      seen.status = status
      handler.onRequestUpgrade?.(controller, status, headers, socket)
    },
    onResponseStart(controller, status, headers, text) {
      seen.status = status
      handler.onResponseStart?.(controller, status, headers, text)
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError(controller, error) {
      seen.error ??= error
      handler.onResponseError?.(controller, error)
    },
  }
}

const switchingProtocols = 101

function explainRefusal({ isAsked, status, error }: Seen): string {
  if (!isAsked) return 'no upgrade asked for: a port that browsers and undici do not connect to'
  if (status === switchingProtocols) return 'upgrade refused: the answer is not that of a WebSocket'
  if (status !== null) return `upgrade refused: status ${status}`
  return error === null ? failures.closed.reason : explainError(error)
}

/** As RFC 6455 has them: none was sent, and the connection was lost without a word. */
const withoutCode = 1005
const abnormal = 1006

/** Characters kept of a close's reason, which is the server's text. */
const longestReason = 80

function explainClose({ error, hasEnded }: Seen, { code, reason }: Pick<CloseEvent, 'code' | 'reason'>): string {
  if (code === abnormal) {
    if (error !== null) return explainError(error)
    return hasEnded ? failures.closed.reason : 'invalid answer: no frame of a WebSocket'
  }
  const text = plain(reason).slice(0, longestReason)
  if (code === withoutCode) return 'closed by the server'
  return `closed by the server: ${code}${text === '' ? '' : ` ${text}`}`
}

/** Undici's own codes, and those of the system. */
function explainError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  if (error.name === 'HTTPParserError') return `invalid answer: ${error.message}`
  // An error of the DOM has a number.
  if (typeof code !== 'string') return error.message
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return failures.timeout.reason
  if (code === 'UND_ERR_SOCKET') return failures.closed.reason
  return explainSocketError(error).reason
}
