import { reasonOf } from '../errors.ts'
import type { Random } from '../random.ts'
import type { HttpAnswer } from './http-client.ts'
import { outcomeOf } from './outcome.ts'
import type { StepAnswer, StepRequest, ThinkTime, VirtualUser } from './scenario.ts'
import type { Session, SessionParts } from './session.ts'
import type { ParseJson } from './shared-json.ts'

/** Thrown into users that are to stop; it is nobody's failure. */
export const stopped = new Error('the user has been stopped')

/** What a scenario is given: everything it does is measured, and charged to `session`. */
export function createUser(parts: SessionParts, session: Session): VirtualUser {
  const { clock, client, sockets, recorder, runId, ledger, statuses, parse } = parts
  const { id, random } = session.prepared
  let due = session.startAt
  /** When the last request was sent. */
  let asked = session.startAt
  return {
    id,
    random,
    runId,
    ledger: {
      async record(entry) {
        const began = clock.now()
        await ledger.record(entry)
        // The next request is due so much later: the API has no part in this wait.
        due += clock.now() - began
      },
    },
    outcomeOf: (answer) => outcomeOf(answer, statuses),
    async think(time) {
      session.steps++
      due += thinkMs(time, random)
      if (!(await session.sleepers.sleep(Math.max(0, due - clock.now())))) throw cutShort(session)
    },
    async request(request) {
      if (session.sleepers.awake) throw cutShort(session)
      session.steps++
      const sent = clock.now()
      const { step, expected, failureOf: judge, wantBody = false, ...rest } = request
      asked = sent
      const given = await client.request({ ...rest, wantBody })
      const ended = clock.now()
      // Timers fire up to a millisecond early; then the wait for the answer began when it was sent.
      const began = Math.min(due, sent)
      const answer = toStepAnswer(given, parse)
      const failure = failureOf(expected, given) ?? (judge ? judgementOf(judge, answer) : null)
      recorder.record({ step, due: began, sent, ended, bytes: given.bytes, failure })
      session.waitedMs += Math.max(0, Math.min(ended, session.stoppedAt) - began)
      due = ended
      return answer
    },
    async connect({ step, ...request }) {
      if (session.sleepers.awake) throw cutShort(session)
      session.steps++
      const sent = clock.now()
      asked = sent
      const { socket, reason } = await sockets.open(request)
      const ended = clock.now()
      const began = Math.min(due, sent)
      recorder.record({ step, due: began, sent, ended, bytes: 0, failure: reason })
      session.waitedMs += Math.max(0, Math.min(ended, session.stoppedAt) - began)
      due = ended
      return socket
    },
    // As an answer, it is waited for also by a user that is to stop.
    async receive(socket, { step, accept }) {
      session.steps++
      const began = clock.now()
      const { text, at, reason } = await socket.next(accept)
      const came = Math.max(at, asked)
      recorder.record({ step, due: asked, sent: asked, ended: came, bytes: bytesOf(text), failure: reason })
      const ended = clock.now()
      session.waitedMs += Math.max(0, Math.min(ended, session.stoppedAt) - began)
      due += ended - began
      return text
    },
  }
}

function cutShort(session: Session): Error {
  session.cutShort = true
  return stopped
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text)
}

function thinkMs(time: ThinkTime, random: Random): number {
  return typeof time === 'number' ? time : random.integer(time[0], time[1])
}

function judgementOf(judge: NonNullable<StepRequest['failureOf']>, answer: StepAnswer): string | null {
  try {
    return judge(answer)
  } catch (error) {
    return reasonOf(error)
  }
}

function failureOf(expected: StepRequest['expected'], { status, reason }: HttpAnswer): string | null {
  if (reason !== null) return reason
  const right = (status >= 200 && status < 300) || (expected?.includes(status) ?? false)
  return right ? null : `status ${status}`
}

function toStepAnswer({ status, body, maybeExecuted }: HttpAnswer, parse: ParseJson): StepAnswer {
  return { status, body, maybeExecuted, json: () => parse(body) }
}
