import type { ReceiveRequest, Socket, SocketRequest } from '../../ports/scenario.ts'
import { endStep, type Session, type SessionParts } from '../engine/session.ts'
import { decided, requireReceive, requireSocketRequest } from '../scenarios/step-checks.ts'
import { foundNoConnection, pauseAfterFailure, refuseCall, useOf, waitForConnection } from '../engine/step-mistake.ts'
import { causedAt, timeSends } from './timed-socket.ts'
import { beginRequest, endRequest, listen, pass } from '../engine/user-time.ts'

/** Opens a WebSocket for a scenario, and records how that went; null when the server does not open one. */
export async function connectSocket(
  parts: SessionParts,
  session: Session,
  request: SocketRequest,
): Promise<Socket | null> {
  const { clock, sockets, mistakes } = parts
  session.underWay++
  try {
    if (session.notBefore > 0) await waitForConnection(parts, session)
    requireSocketRequest(request)
    const { step, isReady, ...rest } = request
    const opening = { ...rest, isReady: decided('isReady', isReady) }
    if (sockets.load) await pass(session, clock, sockets.load)
    const sending = beginRequest(session, clock.now())
    const { socket, reason } = await sockets.open(opening).finally(() => endRequest(session, clock.now()))
    mistakes.succeeded(step)
    parts.recorder.record({ step, ...sending, ended: clock.now(), bytes: 0, failure: reason })
    if (reason !== null) foundNoConnection(session, sending.sent)
    return socket && timeSends(socket, clock)
  } catch (error) {
    return await refuseCall(parts, session, error, useOf(request))
  } finally {
    endStep(session)
  }
}

/** Waits for a text that a scenario accepts, like a response also for a user that is to stop, and records it. */
export async function receiveText(
  parts: SessionParts,
  session: Session,
  socket: Socket,
  request: ReceiveRequest,
): Promise<string | null> {
  const { clock, mistakes, recorder } = parts
  try {
    requireReceive(socket, request)
    const { step, accept } = request
    // It may do so at once, over and over.
    if (!socket.isOpen) await pauseAfterFailure(parts)
    const called = clock.now()
    const { text, at, reason } = await listen(session, clock, () => socket.next(decided('accept', accept)))
    mistakes.succeeded(step)
    // Only now: what causes a text may well be done while it is waited for.
    const sent = causedAt(socket, request, { asked: session.time.asked, called })
    recorder.record({ step, due: sent, sent, ended: Math.max(at, sent), bytes: bytesOf(text), failure: reason })
    return text
  } catch (error) {
    return await refuseCall(parts, session, error, useOf(request))
  } finally {
    session.steps++
  }
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text)
}
