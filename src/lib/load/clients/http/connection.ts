import type { Socket } from 'node:net'
import type { HttpResponse } from '../../../ports/http-client.ts'
import { explainSocketError, failures, invalidResponse, noResponse, type Failure } from './failures.ts'
import { openSocket, readyEvent, type Endpoint } from './open-socket.ts'
import type { RequestText } from './request-text.ts'
import {
  createResponseReader,
  hasBegun,
  isFinished,
  leavesConnectionOpen,
  readBytes,
  readClose,
  readStray,
  startResponse,
  takeBody,
} from './response-reader.ts'
import type { RecentHead } from './response-head.ts'
import type { RecentBodies } from './kept-body.ts'

/** A request and its response. */
export interface Exchange {
  readonly request: RequestText
  /** The request is a HEAD. */
  readonly isHead: boolean
  readonly keepsBody: boolean
  /** The request says that its connection ends with its response. */
  readonly closes: boolean
  /**
   * Called once each time that it is sent. `closedUnanswered`: the server closed a connection that it had kept before
   * anything of a response came, nearly always before the request was there.
   */
  readonly settle: (response: HttpResponse, closedUnanswered: boolean) => void
}

/** A connection to the server, for one exchange at a time. */
export interface HttpConnection {
  /** False when the connection proves to be closed: then not a byte has left. */
  send(exchange: Exchange): boolean
  /** Closes the connection; an exchange under way fails for this. */
  breakOff(failure: Failure): void
  /** How long the server will keep it while nothing is asked, in ms, as it said last. */
  readonly keptIdleMs: number
  /** When its owner means to use it no more if it is free for so long, in ms of the owner's clock. */
  usableUntil: number
  /** When its owner last sent something over it, in ms of the owner's clock. */
  askedAt: number
  /** False when it cannot be used any more. */
  readonly isOpen: boolean
}

/** Callbacks of a connection's owner. */
export interface ConnectionOwner {
  /** It is there at last, and sends its exchange unless that is broken off now. */
  onConnected(): void
  /** It is free for another exchange. */
  onFree(connection: HttpConnection): void
  onClosed(connection: HttpConnection): void
}

/** Buffers that all connections of a client share. */
export interface SharedMemory {
  /** Read into by all, because what was read is dealt with before the next read: nothing is allocated for it. */
  readonly readBuffer: Buffer
  readonly recentBodies: RecentBodies
  readonly recentHead: RecentHead
}

/** Opens a connection. */
export function openConnection(endpoint: Endpoint, memory: SharedMemory, owner: ConnectionOwner): HttpConnection {
  const { readBuffer, recentBodies, recentHead } = memory
  let exchange: Exchange | null = null
  let isConnected = false
  let isOpen = true
  /** It has carried an exchange. */
  let isKept = false
  const reader = createResponseReader(recentBodies, recentHead)
  const socket = openSocket(endpoint, { buffer: readBuffer, callback: onBytes })
  const connection: HttpConnection = {
    send,
    breakOff,
    get keptIdleMs() {
      return reader.head.keptIdleMs
    },
    get isOpen() {
      return isOpen
    },
    usableUntil: Infinity,
    askedAt: 0,
  }
  socket.on(readyEvent(endpoint), onConnected)
  socket.on('end', onEnd)
  socket.on('error', (error) => breakOff(explainSocketError(error)))
  socket.on('close', () => {
    breakOff(failures.closed)
    owner.onClosed(connection)
  })

  function onConnected(): void {
    owner.onConnected()
    isConnected = true
    if (exchange !== null) write(socket, exchange.request)
  }

  function send(next: Exchange): boolean {
    exchange = next
    startResponse(reader, next.isHead, next.keepsBody)
    if (!isConnected || write(socket, next.request)) return true
    exchange = null
    breakOff(failures.closed)
    return false
  }

  function onBytes(length: number): boolean {
    if (exchange === null) {
      // Nobody has asked for them, and the next response would begin with them.
      if (!readStray(reader, readBuffer, length)) breakOff(failures.closed)
      return isOpen
    }
    readBytes(reader, readBuffer, length)
    if (isFinished(reader)) finish(exchange)
    return isOpen
  }

  function onEnd(): void {
    if (exchange !== null) {
      readClose(reader)
      if (isFinished(reader)) finish(exchange)
    }
    breakOff(failures.closed)
  }

  function finish(finished: Exchange): void {
    if (reader.parseError !== null) return breakOff(invalidResponse(reader.parseError))
    exchange = null
    isKept = true
    if (!finished.closes && leavesConnectionOpen(reader)) owner.onFree(connection)
    else breakOff(failures.closed)
    const { head, bytes } = reader
    const response = { status: head.status, bytes, body: takeBody(reader), reason: null, maybeExecuted: true }
    finished.settle(response, false)
  }

  function breakOff(failure: Failure): void {
    isOpen = false
    socket.destroy()
    if (exchange === null) return
    const { settle } = exchange
    exchange = null
    const response = noResponse(failure, reader.bytes, isConnected)
    if (isConnected) settle(response, isKept && failure.isClosing && !hasBegun(reader))
    // Without descriptors or ports connecting fails in this very turn: users who try again at once would leave no turn
    // for timers and signals.
    else setImmediate(settle, response, false)
  }

  return connection
}

/** False when the system refused at once: then it took nothing at all. Later errors leave open what had left by then. */
function write(socket: Socket, { data, encoding }: RequestText): boolean {
  socket.write(data, encoding)
  return socket.errored === null
}
