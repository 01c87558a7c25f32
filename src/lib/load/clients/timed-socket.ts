import type { Clock } from '../../base/measure/clock.ts'
import { mistaken } from '../scenarios/scenario-mistake.ts'
import type { ReceiveRequest, Socket } from '../../ports/scenario.ts'

/** When texts were sent on a socket, ms on the clock. */
interface Sends {
  last: number | null
  readonly byKey: Map<string, number>
}

const sendsOf = new WeakMap<Socket, Sends>()

/** Texts with a key that nobody has received for, at most: beyond that the oldest are forgotten. */
const mostKeys = 10_000

/** The same socket, of which is known when something was sent on it. */
export function timeSends(socket: Socket, clock: Clock): Socket {
  const sends: Sends = { last: null, byKey: new Map() }
  const timed: Socket = {
    get isOpen() {
      return socket.isOpen
    },
    send(text, { key } = {}) {
      if (key !== undefined && typeof key !== 'string') throw mistaken('the key of a text that is sent', key, 'a text')
      sends.last = clock.now()
      if (key !== undefined) remember(sends.byKey, key, sends.last)
      socket.send(text)
    },
    next: (accept) => socket.next(accept),
    close: () => socket.close(),
  }
  sendsOf.set(timed, sends)
  return timed
}

function remember(byKey: Map<string, number>, key: string, at: number): void {
  byKey.delete(key)
  byKey.set(key, at)
  if (byKey.size <= mostKeys) return
  const [oldest] = byKey.keys()
  byKey.delete(oldest as string)
}

/**
 * When that which has caused a text on `socket` was done, ms on the clock: something sent there, the last request
 * (`asked`), or the call of `receive`. A key is used up. Throws Error where nothing was sent that is meant.
 */
export function causedAt(
  socket: Socket,
  { since, key }: Pick<ReceiveRequest, 'since' | 'key'>,
  { asked, called }: { readonly asked: number; readonly called: number },
): number {
  const sends = sendsOf.get(socket)
  if (key !== undefined) {
    const at = sends?.byKey.get(key)
    sends?.byKey.delete(key)
    if (at === undefined)
      throw new Error(`receive: no text was sent on this socket with the key ${JSON.stringify(key)}`)
    return at
  }
  if (since === 'receive') return called
  if (since === 'request') return asked
  const last = sends?.last ?? null
  if (since === 'send' && last === null) throw new Error('receive: nothing was sent on this socket')
  return last ?? asked
}
