import type { WebSocket } from 'ws'
import { RpcError } from '../../rpc/errors.ts'
import type { GatewayContext } from '../context.ts'
import type { FormatErrors } from '../errors.ts'
import { errorsOf, type Operations } from '../operations.ts'
import { readOperation } from '../routes.ts'
import { createBudget } from './budget.ts'
import { closings, duplicate, readMessage, type ClientMessage, type Closing, type ServerMessage } from './protocol.ts'
import type { Slots } from './slots.ts'

/** What sockets may take. Times in ms. */
export interface SocketLimits {
  /** From the connection to `connection_init`. */
  readonly initMs: number
  /** Between two looks whether the other side is there. */
  readonly pingMs: number
  /** Subscriptions of a socket, those that end among them. */
  readonly maxSubscriptions: number
  /** What the other side has not read yet. */
  readonly maxBufferedBytes: number
  readonly messagesAtOnce: number
  readonly messagesPerSecond: number
}

/** What a connection is made of. */
export interface ConnectionContext {
  readonly operations: Operations
  readonly format: FormatErrors
  /** Of a connection with that token, which is looked at again whenever it is used. */
  readonly contextOf: (authorization: string | undefined) => GatewayContext
  /** Subscriptions by account. */
  readonly slots: Slots
  readonly limits: SocketLimits
}

/** A socket that is served. */
export interface Connection {
  /** Looks whether the other side is still there, and breaks off the connection of one that was not since the last look. */
  ping(): void
  /** Resolves when it is gone. */
  close(why: Closing): Promise<void>
}

/** Serves a socket until it is closed; then all of its subscriptions end. */
export function serveConnection(socket: WebSocket, parts: ConnectionContext): Connection {
  const { operations, format, contextOf, slots, limits } = parts
  const subscriptions = new Map<string, AbortController>()
  const mayPass = createBudget(limits.messagesAtOnce, limits.messagesPerSecond)
  let context: GatewayContext | null = null
  let running = 0
  let isClosed = false
  let isThere = true

  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const initTimer = setTimeout(() => close(closings.initTimeout), limits.initMs)

  function end(): void {
    isClosed = true
    clearTimeout(initTimer)
    for (const left of subscriptions.values()) left.abort()
    subscriptions.clear()
  }

  function close({ code, reason }: Closing): void {
    if (isClosed) return
    end()
    socket.close(code, reason)
  }

  function breakOff(): void {
    end()
    socket.terminate()
  }

  /** Resolves when it is on its way, which is how fast the other side reads. */
  function send(message: ServerMessage): Promise<void> {
    return new Promise((resolve) => {
      if (isClosed) return resolve()
      socket.send(JSON.stringify(message), (error) => {
        // It is not told before the next turn that it is gone, and its sender must not wait for that.
        if (error) end()
        resolve()
      })
      // One that does not read cannot be told so.
      if (socket.bufferedAmount > limits.maxBufferedBytes) breakOff()
    })
  }

  function handle(message: ClientMessage): void {
    if (message.type === 'ping') void send({ type: 'pong' })
    if (message.type === 'complete') leave(message.id)
    if (message.type === 'connection_init') {
      if (context) return close(closings.initTwice)
      clearTimeout(initTimer)
      const { authorization } = message.payload
      context = contextOf(typeof authorization === 'string' ? authorization : undefined)
      void send({ type: 'connection_ack' })
    }
    if (message.type === 'subscribe') {
      if (!context) return close(closings.unauthorized)
      if (subscriptions.has(message.id)) return close(duplicate(message.id))
      void begin(message.id, message.payload, context)
    }
  }

  function leave(id: string): void {
    subscriptions.get(id)?.abort()
    subscriptions.delete(id)
  }

  async function begin(id: string, payload: unknown, viewed: GatewayContext): Promise<void> {
    const left = new AbortController()
    subscriptions.set(id, left)
    running++
    const last = await follow(id, payload, viewed, left.signal)
    running--
    if (left.signal.aborted) return
    subscriptions.delete(id)
    await send(last)
  }

  /** Its last message. */
  async function follow(
    id: string,
    payload: unknown,
    viewed: GatewayContext,
    signal: AbortSignal,
  ): Promise<ServerMessage> {
    let giveBack: (() => void) | null = null
    try {
      if (running > limits.maxSubscriptions) throw tooMany(`A connection has ${limits.maxSubscriptions} subscriptions`)
      const request = readOperation(payload)
      giveBack = slots.take(await viewed.requireViewer())
      if (!giveBack) throw tooMany('Your account has as many subscriptions as it may')
      for await (const answer of await operations.subscribe(request, viewed, signal)) {
        if (signal.aborted) break
        await send({ type: 'next', id, payload: answer })
      }
      return { type: 'complete', id }
    } catch (error) {
      // What fails because it was left is nobody's error.
      return signal.aborted ? { type: 'complete', id } : { type: 'error', id, payload: format(errorsOf(error)) }
    } finally {
      giveBack?.()
    }
  }

  socket.on('message', (data, isBinary) => {
    if (isClosed) return
    if (!mayPass()) return close(closings.tooMany)
    if (isBinary) return close(closings.binary)
    const message = readMessage(data.toString())
    if (message) handle(message)
    else close(closings.invalid)
  })
  const countControl = (): void => {
    if (!isClosed && !mayPass()) close(closings.tooMany)
  }
  socket.on('ping', countControl)
  socket.on('pong', () => {
    isThere = true
    countControl()
  })
  // What is wrong with it closes it, too.
  socket.on('error', () => {})
  socket.once('close', end)

  return {
    ping() {
      if (!isThere) return breakOff()
      isThere = false
      socket.ping()
    },
    close(why) {
      close(why)
      return gone
    },
  }
}

function tooMany(message: string): RpcError {
  return new RpcError('full', `${message}: end some first`)
}
