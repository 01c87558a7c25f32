import type { Clock } from '../../../base/measure/clock.ts'
import { openConnection, type HttpConnection, type Exchange } from './connection.ts'
import { failures, type Failure } from './failures.ts'
import type { Endpoint } from './open-socket.ts'
import { createRecentHead } from './response-head.ts'
import { createRecentBodies } from './kept-body.ts'

/** As many connections as there are exchanges at a time: a queue of ours would hide in the latency. */
export interface ConnectionPool {
  /** Sends over a connection that is free, or over a new one, and returns it. */
  send(exchange: Exchange): HttpConnection
  /** Sends over a new one, whatever is free. */
  sendOverNew(exchange: Exchange): HttpConnection
  /** When the connection that is used next was used last, ms on the clock; Infinity when that will be a new one. */
  lastAskedAt(): number
  /** Closes all connections; exchanges under way fail for this. */
  close(failure: Failure): void
}

/** All connections read into one buffer of this size, in bytes: what a socket holds at most is read at one go. */
const readBufferBytes = 256 * 1024

/** How long before a server means to close a free connection it is left alone, in ms; half the time at most. */
const closingMarginMs = 1000

/** A pool of connections to one server; `onConnected` is called before a new one sends its first exchange. */
export function createConnectionPool(endpoint: Endpoint, clock: Clock, onConnected: () => void): ConnectionPool {
  const memory = {
    readBuffer: Buffer.allocUnsafeSlow(readBufferBytes),
    recentBodies: createRecentBodies(),
    recentHead: createRecentHead(),
  }
  const open = new Set<HttpConnection>()
  /** The one that was used last comes first, so that no more are kept busy than are needed. */
  const free: HttpConnection[] = []

  const owner = {
    onConnected,
    onFree(connection: HttpConnection): void {
      const { keptIdleMs } = connection
      connection.usableUntil = keptIdleMs === Infinity ? Infinity : clock.now() + usableMs(keptIdleMs)
      free.push(connection)
    },
    onClosed: (connection: HttpConnection): void => void open.delete(connection),
  }

  function isTooOld({ usableUntil }: HttpConnection): boolean {
    return usableUntil !== Infinity && clock.now() >= usableUntil
  }

  function sendOverFree(exchange: Exchange): HttpConnection | null {
    for (;;) {
      const connection = free.pop()
      if (connection === undefined) return null
      if (isTooOld(connection)) connection.breakOff(failures.closed)
      else if (connection.isOpen && connection.send(exchange)) return connection
    }
  }

  function sendOverNew(exchange: Exchange): HttpConnection {
    const connection = openConnection(endpoint, memory, owner)
    open.add(connection)
    connection.send(exchange)
    return connection
  }

  return {
    send: (exchange) => sendOverFree(exchange) ?? sendOverNew(exchange),
    sendOverNew,
    lastAskedAt: () => free.at(-1)?.askedAt ?? Infinity,
    close(failure) {
      for (const connection of open) connection.breakOff(failure)
    },
  }
}

function usableMs(keptIdleMs: number): number {
  return keptIdleMs - Math.min(closingMarginMs, keptIdleMs / 2)
}
