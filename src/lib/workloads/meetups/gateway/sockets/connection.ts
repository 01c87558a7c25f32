import type { WebSocket } from 'ws'
import { createQuota } from '../../../shared/quota.ts'
import { RpcError } from '../../rpc/errors.ts'
import type { GatewayContext } from '../context.ts'
import type { FormatErrors } from '../errors.ts'
import { errorsOf, type Operations } from '../operations.ts'
import { readOperation } from '../routes.ts'
import type { Slots, SocketLimits } from './limits.ts'
import { closings, duplicate, readMessage, type ClientMessage, type Closing, type ServerMessage } from './protocol.ts'

export interface ConnectionContext {
  readonly operations: Operations
  readonly format: FormatErrors
  /** The context of a connection with that token, which is looked at again whenever it is used. */
  readonly contextOf: (authorization: string | undefined) => GatewayContext
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
  const { contextOf, limits } = parts
  const sender = createSender(socket, limits.maxBufferedBytes)
  const { close, send } = sender
  const subscriptions = createSubscriptions(parts, send)
  const messages = createQuota({ atOnce: limits.messagesAtOnce, perSecond: limits.messagesPerSecond })
  let context: GatewayContext | null = null
  let isThere = true

  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const initTimer = setTimeout(() => close(closings.initTimeout), limits.initMs)
  sender.onEnd(() => {
    clearTimeout(initTimer)
    subscriptions.endAll()
  })

  function mayPass(): boolean {
    if (messages.wait('') > 0) return false
    messages.count('')
    return true
  }

  function handle(message: ClientMessage): void {
    if (message.type === 'ping') void send({ type: 'pong' })
    if (message.type === 'complete') subscriptions.leave(message.id)
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
      void subscriptions.begin(message.id, message.payload, context)
    }
  }

  socket.on('message', (data, isBinary) => {
    if (sender.isClosed()) return
    if (!mayPass()) return close(closings.tooMany)
    if (isBinary) return close(closings.binary)
    const message = readMessage(data.toString())
    if (message) handle(message)
    else close(closings.invalid)
  })
  const countControl = (): void => {
    if (!sender.isClosed() && !mayPass()) close(closings.tooMany)
  }
  socket.on('ping', countControl)
  socket.on('pong', () => {
    isThere = true
    countControl()
  })

  return {
    ping() {
      if (!isThere) return sender.breakOff()
      isThere = false
      socket.ping()
    },
    close(why) {
      close(why)
      return gone
    },
  }
}

interface Sender {
  /** Resolves when the message is on its way, which is how fast the other side reads. */
  send(message: ServerMessage): Promise<void>
  close(why: Closing): void
  breakOff(): void
  isClosed(): boolean
  /** `listener` is called once: when either side has closed the socket, or it was lost. */
  onEnd(listener: () => void): void
}

function createSender(socket: WebSocket, maxBufferedBytes: number): Sender {
  let isClosed = false
  let atEnd = () => {}

  function end(): void {
    if (isClosed) return
    isClosed = true
    atEnd()
  }

  function breakOff(): void {
    end()
    socket.terminate()
  }

  // What is wrong with it closes it, too.
  socket.on('error', () => {})
  socket.once('close', end)

  return {
    send(message) {
      return new Promise((resolve) => {
        if (isClosed) return resolve()
        socket.send(JSON.stringify(message), (error) => {
          // It is not told before the next turn that it is gone, and its sender must not wait for that.
          if (error) end()
          resolve()
        })
        // One that does not read cannot be told so.
        if (socket.bufferedAmount > maxBufferedBytes) breakOff()
      })
    },
    close({ code, reason }) {
      if (isClosed) return
      end()
      socket.close(code, reason)
    },
    breakOff,
    isClosed: () => isClosed,
    onEnd: (listener) => void (atEnd = listener),
  }
}

interface Subscriptions {
  has(id: string): boolean
  /** Resolves when it has ended, and the other side was told. */
  begin(id: string, payload: unknown, viewed: GatewayContext): Promise<void>
  leave(id: string): void
  endAll(): void
}

function createSubscriptions(
  { operations, format, slots, limits }: Omit<ConnectionContext, 'contextOf'>,
  send: Sender['send'],
): Subscriptions {
  const active = new Map<string, AbortController>()
  let running = 0

  /** Returns the last message of the subscription. */
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
      for await (const response of await operations.subscribe(request, viewed, signal)) {
        if (signal.aborted) break
        await send({ type: 'next', id, payload: response })
      }
      return { type: 'complete', id }
    } catch (error) {
      // What fails because it was left is nobody's error.
      return signal.aborted ? { type: 'complete', id } : { type: 'error', id, payload: format(errorsOf(error)) }
    } finally {
      giveBack?.()
    }
  }

  return {
    has: (id) => active.has(id),
    async begin(id, payload, viewed) {
      const left = new AbortController()
      active.set(id, left)
      running++
      const last = await follow(id, payload, viewed, left.signal)
      running--
      if (left.signal.aborted) return
      active.delete(id)
      await send(last)
    },
    leave(id) {
      active.get(id)?.abort()
      active.delete(id)
    },
    endAll() {
      for (const left of active.values()) left.abort()
      active.clear()
    },
  }
}

function tooMany(message: string): RpcError {
  return new RpcError('full', `${message}: end some first`)
}
