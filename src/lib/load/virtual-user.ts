import { reasonOf } from '../errors.ts'
import type { Random } from '../random.ts'
import type { HttpAnswer } from './http-client.ts'
import { encodeBody } from './http/request-body.ts'
import { outcomeOf } from './outcome.ts'
import { cutShort, handled, isStop, refuseOnceStopped } from './refusals.ts'
import type { StepAnswer, StepRequest, ThinkTime, VirtualUser } from './scenario.ts'
import { endRequest, type Session, type SessionParts } from './session.ts'
import type { ParseJson } from './shared-json.ts'
import {
  decided,
  methodOf,
  requireAnswer,
  requireEntry,
  requireKnownFields,
  requireReceive,
  requireRequest,
  requireSocketRequest,
  verdictOf,
} from './step-checks.ts'
import { requireThinkTime } from './think-time.ts'
import { causedAt, timeSends } from './timed-socket.ts'
import { createUserTime } from './user-time.ts'

/** How long a call takes that cannot be made, ms. */
const failurePauseMs = 1

/**
 * How long after a request that found no connection the next one is sent at the earliest. Without think time a user
 * would try again thousands of times a second, which loads nobody but the generator.
 */
const pauseWithoutConnectionMs = 100

/** What a scenario is given: everything it does is measured, and charged to `session`. */
export function createUser(parts: SessionParts, session: Session): VirtualUser {
  const { clock, client, sockets, recorder, runId, ledger, statuses, parse, mistakes } = parts
  const { id, random } = session.prepared
  const time = createUserTime(clock, session)
  /** To be thrown: the run is ended for what is no accident. */
  const noted = (error: unknown, use: string): unknown => mistakes.note(error, use, session.scenario)

  const pauseAfterFailure = (): Promise<void> => new Promise((done) => void clock.schedule(failurePauseMs, done))

  /** Rejects a call that cannot be made: a scenario that catches that and makes it over and over must let others through. */
  async function refused(error: unknown, use: string): Promise<never> {
    const told = noted(error, use)
    if (!isStop(error)) await pauseAfterFailure()
    throw told
  }

  async function sleep(ms: number): Promise<void> {
    const slept = await time.think(ms)
    session.steps++
    if (!slept) throw cutShort(session)
  }

  function judge(request: StepRequest, answer: StepAnswer): string | null {
    if (request.failureOf === undefined) return null
    const use = `failureOf of ${request.step}`
    try {
      const verdict = verdictOf(request.step, request.failureOf(answer))
      mistakes.succeeded(use)
      return verdict
    } catch (error) {
      return reasonOf(noted(error, use))
    }
  }

  /** After a request that found no connection; 0 otherwise. */
  let notBefore = 0

  async function pause(): Promise<void> {
    const waitMs = notBefore - clock.now()
    if (waitMs > 0 && !(await time.pass(() => session.sleepers.sleep(waitMs)))) throw cutShort(session)
    notBefore = 0
  }

  const user: VirtualUser = {
    id,
    random,
    runId,
    ledger: {
      async record(entry) {
        try {
          requireEntry(entry)
          mistakes.succeeded('ledger')
        } catch (error) {
          await refused(error, 'ledger')
        }
        await time.pass(() => ledger.record(entry))
      },
    },
    outcomeOf(answer) {
      try {
        requireAnswer(answer)
        return outcomeOf(answer, statuses)
      } catch (error) {
        throw noted(error, 'outcomeOf')
      }
    },
    think(length) {
      try {
        requireThinkTime(length)
        mistakes.succeeded('think')
      } catch (error) {
        session.steps++
        return refused(error, 'think')
      }
      return handled(sleep(thinkMs(length, random)))
    },
    async request(request) {
      session.underWay++
      try {
        if (notBefore > 0) await pause()
        requireRequest(request)
        const { step, path, headers, expected, wantBody = false } = request
        const isNew = mistakes.isNew(step)
        if (isNew) requireKnownFields(request)
        const method = methodOf(request.method)
        let body = request.body == null ? null : encodeBody(request.body, isNew)
        if (body instanceof Promise) {
          const encoding = body
          body = await time.pass(() => encoding)
          if (session.sleepers.awake) throw cutShort(session)
        }
        const asking = {
          method,
          path,
          headers,
          body: body?.content,
          bodyType: body?.type,
          wantBody,
        }
        const { answer: given, ...timing } = await time.ask(() => client.request(asking))
        if (isNew) mistakes.succeeded(step)
        const answer = toStepAnswer(given, parse)
        const failure = failureOf(expected, given) ?? judge(request, answer)
        const { bytes, reconnected } = given
        recorder.record({ step, ...timing, bytes, failure, reconnected })
        if (given.reason !== null && !given.maybeExecuted) notBefore = timing.sent + pauseWithoutConnectionMs
        return answer
      } catch (error) {
        return await refused(error, stepOf(request))
      } finally {
        endRequest(session)
      }
    },
    async connect(request) {
      session.underWay++
      try {
        if (notBefore > 0) await pause()
        requireSocketRequest(request)
        const { step, isReady, ...rest } = request
        const opening = { ...rest, isReady: decided('isReady', isReady) }
        if (sockets.load) await time.pass(sockets.load)
        const { answer, ...timing } = await time.ask(() => sockets.open(opening))
        mistakes.succeeded(step)
        recorder.record({ step, ...timing, bytes: 0, failure: answer.reason })
        if (answer.reason !== null) notBefore = timing.sent + pauseWithoutConnectionMs
        return answer.socket && timeSends(answer.socket, clock)
      } catch (error) {
        return await refused(error, stepOf(request))
      } finally {
        endRequest(session)
      }
    },
    // As an answer, it is waited for also by a user that is to stop.
    async receive(socket, request) {
      try {
        requireReceive(socket, request)
        const { step, accept } = request
        // It may do so at once, over and over.
        if (!socket.isOpen) await pauseAfterFailure()
        const called = clock.now()
        const { text, at, reason } = await time.listen(() => socket.next(decided('accept', accept)))
        mistakes.succeeded(step)
        // Only now: what causes a text may well be done while it is waited for.
        const sent = causedAt(socket, request, { asked: time.asked, called })
        recorder.record({ step, due: sent, sent, ended: Math.max(at, sent), bytes: bytesOf(text), failure: reason })
        return text
      } catch (error) {
        return await refused(error, stepOf(request))
      } finally {
        session.steps++
      }
    },
  }
  return refuseOnceStopped(user, session)
}

/** What a mistake in a step is remembered by. */
function stepOf(request: { readonly step: unknown } | undefined): string {
  try {
    return String(request?.step)
  } catch {
    return 'a step that cannot be read'
  }
}

function bytesOf(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(text)
}

function thinkMs(time: ThinkTime, random: Random): number {
  return typeof time === 'number' ? time : random.integer(time[0], time[1])
}

function failureOf(expected: StepRequest['expected'], { status, reason }: HttpAnswer): string | null {
  if (reason !== null) return reason
  if (status >= 200 && status < 300) return null
  const right = typeof expected === 'number' ? status === expected : expected?.includes(status)
  return right ? null : `status ${status}`
}

function toStepAnswer({ status, body, maybeExecuted }: HttpAnswer, parse: ParseJson): StepAnswer {
  return { status, body, maybeExecuted, json: () => parse(body) }
}
