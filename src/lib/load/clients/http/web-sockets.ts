import { realClock, type Clock } from '../../../base/measure/clock.ts'
import type { Received, Socket } from '../../../ports/scenario.ts'
import type { SocketOpener } from '../socket-opener.ts'
import { mistaken } from '../../scenarios/scenario-mistake.ts'
import { readBaseUrl, type BaseUrl } from './base-url.ts'
import { failures } from './failures.ts'
import { loadWebSockets, type OpenRawWebSocket, type RawWebSocket } from './raw-web-socket.ts'
import { requirePath } from './request-path.ts'
import { createTextQueue, type TextBudget } from './text-queue.ts'

interface EndableSocket extends Socket {
  /** Ends it, with the reason that whoever waits is told. Resolves when its connection is gone. */
  end(reason: string): Promise<void>
}

/** How long a server may take to answer that a socket is closed, ms. Then its connection is broken off. */
const closingMs = 1000

/** What of texts that nobody has received is kept: of a socket, and of all together. */
const mostSocketBytes = 4 * 2 ** 20
const mostBytes = 256 * 2 ** 20

/**
 * Opens WebSockets to all of `origins` in turn. `timeoutMs` is how long one may take until it is ready, and how long a
 * text is waited for. `onDropped` is told of each text that is dropped because too many wait to be received.
 */
export function createSocketOpener(
  origins: readonly string[],
  timeoutMs: number,
  clock: Clock = realClock,
  onDropped: () => void = () => {},
): SocketOpener {
  const bases = origins.map(readBaseUrl)
  const sockets = new Set<EndableSocket>()
  const budget: TextBudget = { bytes: 0, mostBytes }
  let loading: Promise<OpenRawWebSocket> | null = null
  let turn = 0
  let isClosed = false
  const load = (): Promise<OpenRawWebSocket> => (loading ??= loadWebSockets(timeoutMs))
  return {
    load: async () => void (await load()),
    async open({ path, protocol, hello, isReady }) {
      requirePath(path)
      const openRaw = await load()
      if (isClosed) return { socket: null, reason: failures.cutOff.reason }
      const { shown, authorization } = bases[turn++ % bases.length] as BaseUrl
      const raw = openRaw(new URL(`${shown.replace(/^http/, 'ws')}${path}`), {
        ...(protocol === undefined ? {} : { protocols: protocol }),
        headers: authorization === null ? {} : { authorization },
      })
      const socket = watch(raw, { timeoutMs, clock, budget, onDropped })
      sockets.add(socket)
      raw.events.addEventListener('close', () => sockets.delete(socket))
      raw.events.addEventListener('open', () => raw.events.send(hello))
      const { reason } = await socket.next(isReady)
      if (reason === null) return { socket, reason }
      socket.close()
      return { socket: null, reason }
    },
    async close() {
      isClosed = true
      await Promise.all([...sockets].map((socket) => socket.end(failures.cutOff.reason)))
    },
  }
}

interface Watching {
  readonly timeoutMs: number
  readonly clock: Clock
  readonly budget: TextBudget
  readonly onDropped: () => void
}

function watch(
  { events, terminate, explain }: RawWebSocket,
  { timeoutMs, clock, budget, onDropped }: Watching,
): EndableSocket {
  const waiting = createTextQueue(mostSocketBytes, budget, onDropped)
  const gone = Promise.withResolvers<void>()
  let ended: string | null = null
  let cancelTermination: (() => void) | null = null
  let bell = Promise.withResolvers<void>()

  function ring(): void {
    bell.resolve()
    bell = Promise.withResolvers<void>()
  }

  function end(reason: string): Promise<void> {
    ended ??= reason
    events.close()
    // Once it is closed this does nothing.
    cancelTermination ??= clock.schedule(closingMs, () => {
      terminate()
      gone.resolve()
    })
    ring()
    return gone.promise
  }

  events.addEventListener('message', ({ data }) => {
    waiting.push({ text: String(data), at: clock.now() })
    ring()
  })
  events.addEventListener('close', (close) => {
    void end(explain(close))
    cancelTermination?.()
    waiting.end()
    gone.resolve()
  })

  /** Why there is no text, when nothing else has ended the socket. */
  function overdue(): string {
    return waiting.hasDropped
      ? `${failures.timeout.reason}, after texts that nobody received were dropped`
      : failures.timeout.reason
  }

  async function next(accept: (text: string) => boolean): Promise<Received> {
    let isOverdue = false
    const cancel = clock.schedule(timeoutMs, () => {
      isOverdue = true
      ring()
    })
    try {
      for (;;) {
        for (let come = waiting.shift(); come; come = waiting.shift())
          if (accept(come.text)) return { ...come, reason: null }
        const reason = ended ?? (isOverdue ? overdue() : null)
        if (reason !== null) return { text: null, at: clock.now(), reason }
        await bell.promise
      }
    } finally {
      cancel()
    }
  }

  return {
    get isOpen() {
      return ended === null
    },
    send(text) {
      if (typeof text !== 'string') throw mistaken('what a socket sends', text, 'a text; JSON.stringify makes one')
      if (ended === null && events.readyState === WebSocket.OPEN) events.send(text)
    },
    next,
    close: () => void end(failures.closed.reason),
    end,
  }
}
