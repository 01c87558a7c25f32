import type { ReceiveRequest, Socket, SocketRequest } from '../../ports/scenario.ts'
import { endStep, type Session, type SessionContext, beginRequest, endRequest, listen, pass } from './session.ts'
import { decided, requireReceive, requireSocketRequest } from '../scenarios/step-checks.ts'
import { foundNoConnection, pauseAfterFailure, refuseCall, useOf, waitForConnection } from './refusals.ts'
import type { Clock } from '../../base/measure/clock.ts'
import { mistaken } from '../scenarios/mistakes.ts'

/** Opens a WebSocket for a scenario, and records how that went; null when the server does not open one. */
export async function connectSocket(
  context: SessionContext,
  session: Session,
  request: SocketRequest,
): Promise<Socket | null> {
  const { clock, sockets, mistakes } = context
  session.underWay++
  try {
    if (session.notBefore > 0) await waitForConnection(context, session)
    requireSocketRequest(request)
    const { step, isReady, ...rest } = request
    const opening = { ...rest, isReady: decided('isReady', isReady) }
    if (sockets.load) await pass(session, clock, sockets.load)
    const sending = beginRequest(session, clock.now())
    const { socket, reason } = await sockets.open(opening).finally(() => endRequest(session, clock.now()))
    mistakes.succeeded(step)
    context.recorder.record({ step, ...sending, ended: clock.now(), bytes: 0, failure: reason })
    if (reason !== null) foundNoConnection(session, sending.sent)
    return socket && timeSends(socket, clock)
  } catch (error) {
    return await refuseCall(context, session, error, useOf(request))
  } finally {
    endStep(session)
  }
}

/** Waits for a text that a scenario accepts, like a response also for a user that is to stop, and records it. */
export async function receiveText(
  context: SessionContext,
  session: Session,
  socket: Socket,
  request: ReceiveRequest,
): Promise<string | null> {
  const { clock, mistakes, recorder } = context
  try {
    requireReceive(socket, request)
    const { step, accept } = request
    // It may do so at once, over and over.
    if (!socket.isOpen) await pauseAfterFailure(context)
    const called = clock.now()
    const { text, at, reason } = await listen(session, clock, () => socket.next(decided('accept', accept)))
    mistakes.succeeded(step)
    // Only now: what causes a text may well be done while it is waited for.
    const sent = causedAt(socket, request, { asked: session.time.asked, called })
    recorder.record({ step, due: sent, sent, ended: Math.max(at, sent), bytes: bytesOf(text), failure: reason })
    return text
  } catch (error) {
    return await refuseCall(context, session, error, useOf(request))
  } finally {
    session.steps++
  }
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text)
}

/** When texts were sent on a socket, ms on the clock. */
interface Sends {
  last: number | null
  readonly byKey: Map<string, number>
}

const sendsOf = new WeakMap<Socket, Sends>()

/** Texts with a key that nobody has received for, at most: beyond that the oldest are forgotten. */
const mostKeys = 10_000

/** The same socket, of which is known when something was sent on it. */
function timeSends(socket: Socket, clock: Clock): Socket {
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
function causedAt(
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
