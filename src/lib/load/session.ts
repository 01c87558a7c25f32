import { reasonOf } from '../errors.ts'
import { createSleepers, type Clock, type Sleepers } from '../measure/clock.ts'
import type { Random } from '../random.ts'
import type { HttpAnswer, HttpClient } from './http-client.ts'
import { outcomeOf, type OutcomeStatuses } from './outcome.ts'
import type { Recorder } from './recorder.ts'
import type { SocketOpener } from './socket-opener.ts'
import type { Ledger, Scenario, StepAnswer, StepRequest, ThinkTime, VirtualUser } from './scenario.ts'
import type { ParseJson } from './shared-json.ts'

/** What all sessions of a run share. */
export interface SessionParts {
  readonly scenarios: readonly Scenario[]
  readonly clock: Clock
  readonly client: HttpClient
  readonly sockets: SocketOpener
  readonly recorder: Recorder
  readonly runId: string
  readonly ledger: Ledger
  readonly statuses: OutcomeStatuses
  readonly parse: ParseJson
  /** Called when an iteration begins. */
  readonly onIteration: () => void
}

/** A user that has done the heavy work of its scenarios. */
export interface PreparedUser {
  readonly id: number
  readonly random: Random
  /** One for each scenario. */
  readonly states: readonly unknown[]
}

/** A user from its start to its stop: in the open model for one iteration. Times in ms on the clock. */
export interface Session {
  readonly prepared: PreparedUser
  /** When it was to start. */
  readonly startAt: number
  /** Infinity until it stops. */
  stoppedAt: number
  /** What of the time up to its stop it waited for answers. */
  waitedMs: number
  /** Thinks and requests so far. */
  steps: number
  readonly sleepers: Sleepers
}

/** After a scenario threw: keeps a broken one from spinning. */
const pauseAfterErrorMs = 1000

/** Thrown into users that are to stop; never leaves this file. */
const stopped = new Error('the user has been stopped')

/** A session whose first request is due at `startAt`. */
export function createSession(clock: Clock, prepared: PreparedUser, startAt: number): Session {
  return { prepared, startAt, stoppedAt: Infinity, waitedMs: 0, steps: 0, sleepers: createSleepers(clock) }
}

/** A user that thinks stops at once, one that waits for an answer when that is there. */
export function stopSession(session: Session, now: number): void {
  session.stoppedAt = now
  session.sleepers.wakeAll()
}

/**
 * Runs one iteration after the other, each after its scenario's think time, until the session is
 * stopped. A scenario that throws is counted with its reason, and its user goes on.
 */
export async function iterateUntilStopped(parts: SessionParts, session: Session): Promise<void> {
  const user = createUser(parts, session)
  await unlessStopped(async () => {
    while (!session.sleepers.awake) {
      const succeeded = await iterate(parts, session, user, true)
      if (!succeeded) await user.think(pauseAfterErrorMs)
    }
  })
}

/** Runs one iteration, without its scenario's think time. One that throws is counted with its reason. */
export async function iterateOnce(parts: SessionParts, session: Session): Promise<void> {
  await unlessStopped(() => iterate(parts, session, createUser(parts, session), false))
}

async function unlessStopped(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error !== stopped) throw error
  }
}

/** False when the scenario threw. */
async function iterate(parts: SessionParts, session: Session, user: VirtualUser, thinks: boolean): Promise<boolean> {
  const { scenarios, recorder, onIteration } = parts
  const index = pickByWeight(scenarios, user.random)
  const scenario = scenarios[index] as Scenario
  const stepsBefore = session.steps
  if (thinks && scenario.think !== 0) await user.think(scenario.think)
  onIteration()
  try {
    await scenario.run(user, session.prepared.states[index])
    // Over and over, this would keep the process so busy that no timer and no Ctrl-C gets through.
    if (session.steps === stepsBefore) throw new Error('it neither thought nor sent a request')
    return true
  } catch (error) {
    if (error === stopped) throw error
    recorder.recordError(`${scenario.name}: ${reasonOf(error)}`)
    return false
  }
}

function pickByWeight(scenarios: readonly Scenario[], random: Random): number {
  let left = random.float() * scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const found = scenarios.findIndex(({ weight }) => (left -= weight) < 0)
  return found === -1 ? scenarios.length - 1 : found
}

function createUser(parts: SessionParts, session: Session): VirtualUser {
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
      if (!(await session.sleepers.sleep(Math.max(0, due - clock.now())))) throw stopped
    },
    async request(request) {
      if (session.sleepers.awake) throw stopped
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
      if (session.sleepers.awake) throw stopped
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
