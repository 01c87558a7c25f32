// What is used of ws, whose own types are another package.
declare module 'ws' {
  import type { EventEmitter } from 'node:events'
  import type { IncomingMessage } from 'node:http'
  import type { Duplex } from 'node:stream'

  interface Events {
    message: [data: Buffer, isBinary: boolean]
    ping: [data: Buffer]
    pong: [data: Buffer]
    error: [error: Error]
    close: [code: number, reason: Buffer]
  }

  export interface WebSocket extends EventEmitter<Events> {
    readonly protocol: string
    readonly bufferedAmount: number
    send(text: string, onSent: (error?: Error) => void): void
    ping(): void
    close(code: number, reason: string): void
    terminate(): void
  }

  interface ServerEvents {
    wsClientError: [error: Error, stream: Duplex, request: IncomingMessage]
  }

  export class WebSocketServer extends EventEmitter<ServerEvents> {
    constructor(options: {
      readonly noServer: true
      readonly maxPayload: number
      readonly closeTimeout: number
      readonly clientTracking: false
      readonly handleProtocols: (offered: ReadonlySet<string>, request: IncomingMessage) => string | false
    })
    handleUpgrade(
      request: IncomingMessage,
      stream: Duplex,
      head: Buffer,
      onOpen: (socket: WebSocket, request: IncomingMessage) => void,
    ): void
  }
}
