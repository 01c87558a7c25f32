import { realClock, type Clock } from '../../measure/clock.ts'
import type { Received, Socket } from '../scenario.ts'
import type { SocketOpener } from '../socket-opener.ts'
import { mistaken } from '../scenario-mistake.ts'
import { readBaseUrl, type BaseUrl } from './base-url.ts'
import { failures } from './failures.ts'
import { requirePath } from './request-path.ts'

interface EndableSocket extends Socket {
  /** Ends it, with the reason that whoever waits is told. */
  end(reason: string): void
}

/**
 * Opens WebSockets to all of `origins` in turn. `timeoutMs` is how long one may take until it is ready, and how long a
 * text is waited for.
 */
export function createSocketOpener(
  origins: readonly string[],
  timeoutMs: number,
  clock: Clock = realClock,
): SocketOpener {
  const sockets = new Set<EndableSocket>()
  const bases = origins.map(readBaseUrl)
  let turn = 0
  let isClosed = false
  return {
    async open({ path, protocol, hello, isReady }) {
      requirePath(path)
      if (isClosed) return { socket: null, reason: failures.cutOff.reason }
      const { shown, authorization } = bases[turn++ % bases.length] as BaseUrl
      const raw = new WebSocket(`${shown.replace(/^http/, 'ws')}${path}`, {
        ...(protocol === undefined ? {} : { protocols: protocol }),
        headers: authorization === null ? {} : { authorization },
      })
      const socket = watch(raw, timeoutMs, clock)
      sockets.add(socket)
      raw.addEventListener('close', () => sockets.delete(socket))
      raw.addEventListener('open', () => raw.send(hello))
      const { reason } = await socket.next(isReady)
      if (reason === null) return { socket, reason }
      socket.close()
      return { socket: null, reason }
    },
    async close() {
      isClosed = true
      for (const socket of sockets) socket.end(failures.cutOff.reason)
    },
  }
}

function watch(raw: WebSocket, timeoutMs: number, clock: Clock): EndableSocket {
  const waiting: { readonly text: string; readonly at: number }[] = []
  let ended: string | null = null
  let bell = Promise.withResolvers<void>()

  function ring(): void {
    bell.resolve()
    bell = Promise.withResolvers<void>()
  }

  function end(reason: string): void {
    ended ??= reason
    raw.close()
    ring()
  }

  raw.addEventListener('message', ({ data }) => {
    waiting.push({ text: String(data), at: clock.now() })
    ring()
  })
  // It says little of why; what it says is often empty.
  raw.addEventListener('error', () => end('WebSocket failed'))
  raw.addEventListener('close', () => end(failures.closed.reason))

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
        const reason = ended ?? (isOverdue ? failures.timeout.reason : null)
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
      if (ended === null && raw.readyState === WebSocket.OPEN) raw.send(text)
    },
    next,
    close: () => end(failures.closed.reason),
    end,
  }
}
