import { realClock, type Clock } from '../../../base/measure/clock.ts'
import type { Received, Socket, SocketRequest } from '../../../ports/scenario.ts'
import { mistaken, ScenarioMistake, withoutApi } from '../../scenarios/mistakes.ts'
import { readBaseUrl, type BaseUrl } from './base-url.ts'
import { failures } from './failures.ts'
import { loadWebSockets, type OpenRawWebSocket, type RawWebSocket } from './raw-web-socket.ts'
import { requirePath } from './request-text.ts'

/** A socket, or why there is none. */
export type Opened =
  | { readonly socket: Socket; readonly reason: null }
  | { readonly socket: null; readonly reason: string }

/** Opens WebSockets. */
export interface SocketOpener {
  /** Never rejects for what the server does; rejects with ScenarioMistake for a path that there cannot be. */
  open(request: Omit<SocketRequest, 'step'>): Promise<Opened>
  /** Loads what it opens them with, which takes time that is nobody's latency. */
  load?(): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}

interface EndableSocket extends Socket {
  /** Ends it, with the reason that whoever waits is told. Resolves when its connection is gone. */
  end(reason: string): Promise<void>
}

/** How long a server may take to answer that a socket is closed, ms. Then its connection is broken off. */
const closingMs = 1000

/** Bytes kept of texts that nobody has received: of a socket, and of all together. */
const mostSocketBytes = 4 * 2 ** 20
const mostTotalBytes = 256 * 2 ** 20

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
  const budget: TextBudget = { bytes: 0, mostBytes: mostTotalBytes }
  let loading: Promise<OpenRawWebSocket> | null = null
  let turn = 0
  let isClosed = false
  const load = (): Promise<OpenRawWebSocket> => (loading ??= loadWebSockets(timeoutMs))
  return {
    load: async () => void (await load()),
    async open({ path, protocol, hello, isReady }) {
      if (bases.length === 0) throw new ScenarioMistake(withoutApi)
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

/** A text that came, and when. */
export interface QueuedText {
  readonly text: string
  /** ms on the clock of the run. */
  readonly at: number
}

/** Bytes that all queues of a generator hold together. */
export interface TextBudget {
  bytes: number
  readonly mostBytes: number
}

/** Texts in the order in which they came, of which the oldest are dropped where there are too many. */
export interface TextQueue {
  push(text: QueuedText): void
  /** The oldest; undefined when there is none. */
  shift(): QueuedText | undefined
  /** Some were dropped that nobody has received. */
  readonly hasDropped: boolean
  /** No more come: what it still holds counts no longer among what all hold, since whoever has it may let it go unread. */
  end(): void
}

/** Approximate size of a text beside its characters, bytes. */
const overheadBytes = 100

/**
 * An empty queue, which holds at most `mostBytes` and shares `budget` with others; the latest text is always held.
 * `onDropped` is told of each text that is dropped.
 */
export function createTextQueue(mostBytes: number, budget: TextBudget, onDropped: () => void): TextQueue {
  let texts: (QueuedText | undefined)[] = []
  /** Index of the oldest: taking it out of the array would move all others. */
  let head = 0
  let bytes = 0
  let shared = budget
  let hasDropped = false

  function count(change: number): void {
    bytes += change
    shared.bytes += change
  }

  function shift(): QueuedText | undefined {
    const oldest = texts[head]
    if (!oldest) return undefined
    texts[head++] = undefined
    count(-sizeOf(oldest))
    if (head * 2 > texts.length) {
      texts = texts.slice(head)
      head = 0
    }
    return oldest
  }

  return {
    push(text) {
      texts.push(text)
      count(sizeOf(text))
      while ((bytes > mostBytes || shared.bytes > shared.mostBytes) && texts.length - head > 1) {
        shift()
        hasDropped = true
        onDropped()
      }
    },
    shift,
    get hasDropped() {
      return hasDropped
    },
    end() {
      shared.bytes -= bytes
      shared = { bytes: 0, mostBytes: Infinity }
    },
  }
}

function sizeOf({ text }: QueuedText): number {
  return text.length + overheadBytes
}
