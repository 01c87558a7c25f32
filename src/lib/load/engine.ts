import { reasonOf } from '../errors.ts'
import { createSleepers, type Clock, type Sleepers } from '../measure/clock.ts'
import type { Random } from '../random.ts'
import type { HttpAnswer, HttpClient } from './http-client.ts'
import type { CountingLedger, OutcomeCounts } from './ledger.ts'
import type { Recorder, Recording, TimelineRow } from './recorder.ts'
import type { Scenario, StepAnswer, StepRequest, VirtualUser } from './scenario.ts'
import { createSharedJson, type ParseJson } from './shared-json.ts'

/** A closed-model run: a fixed number of users, each waits for its answer before it goes on. */
export interface ClosedModel {
  readonly scenarios: readonly Scenario[]
  readonly users: number
  readonly durationMs: number
  /** Users start one after the other over this time. */
  readonly rampUpMs: number
  /** How long requests may go on after the end, before they are cut off. */
  readonly graceMs: number
  readonly random: Random
  readonly clock: Clock
  readonly client: HttpClient
  readonly recorder: Recorder
  readonly ledger: CountingLedger
  /** Ends the run early, in the same orderly way. */
  readonly signal: AbortSignal
  /** Called with each second's row. */
  readonly onSecond: (row: TimelineRow) => void
}

/** What came of it. */
export interface RunResult extends Recording {
  /** From the first user's start to the end of the run, without the grace. */
  readonly seconds: number
  readonly rps: number
  /**
   * What the same users would have reached, had every answer been instant and every timer exact; 0
   * when they never thought, which has no such rate.
   */
  readonly idealRps: number
  readonly outcomes: OutcomeCounts
  /** The signal ended it. */
  readonly interrupted: boolean
}

/** After a scenario threw: keeps a broken one from spinning. */
const pauseAfterErrorMs = 1000

/** Thrown into users that wait when the run ends; never leaves this file. */
const runEnded = new Error('the run has ended')

/**
 * Runs `users` virtual users until the time is over or the signal aborts. Users that wait stop at
 * once; requests under way may finish within the grace and are then cut off, which counts as a
 * failure. A scenario that throws is counted with its reason, and its user goes on.
 */
export async function runClosedModel(model: ClosedModel): Promise<RunResult> {
  const users = await prepareUsers(model)
  const { clock } = model
  const run: Run = {
    model,
    startedAt: clock.now(),
    sleepers: createSleepers(clock),
    parse: createSharedJson(),
    active: 0,
    userMs: 0,
    overtimeMs: 0,
    endedAt: Infinity,
  }
  const everyone = Promise.all(users.map((user, index) => runUser(run, user, index)))
  await untilTheEnd(run)
  run.endedAt = clock.now()
  run.sleepers.wakeAll()
  await finishWithin(model, everyone)
  return summarize(run)
}

interface Run {
  readonly model: ClosedModel
  readonly startedAt: number
  readonly sleepers: Sleepers
  readonly parse: ParseJson
  /** Users that have started. */
  active: number
  /** Time that users have been active, added up; without the grace. */
  userMs: number
  /** What of the response times lies in the grace, added up. */
  overtimeMs: number
  /** Infinity until it ends. */
  endedAt: number
}

interface PreparedUser {
  readonly id: number
  readonly random: Random
  /** One for each scenario. */
  readonly states: readonly unknown[]
  /** Thinks and requests so far. */
  steps: number
}

async function prepareUsers({ scenarios, users, random, ledger }: ClosedModel): Promise<PreparedUser[]> {
  const prepared: PreparedUser[] = []
  for (let id = 0; id < users; id++) {
    const own = random.fork(id)
    const notYet = () => Promise.reject(new Error('a scenario cannot think or send requests while it prepares'))
    const user: VirtualUser = { id, random: own, ledger, think: notYet, request: notYet }
    const states: unknown[] = []
    for (const scenario of scenarios) states.push(await scenario.prepare(user))
    prepared.push({ id, random: own, states, steps: 0 })
  }
  return prepared
}

async function runUser(run: Run, prepared: PreparedUser, index: number): Promise<void> {
  const { model, sleepers } = run
  const startAt = run.startedAt + (model.rampUpMs * index) / model.users
  const user = createUser(run, prepared, startAt)
  try {
    if (model.rampUpMs > 0) await user.think(0)
    run.active++
    while (!sleepers.awake) await iterate(run, prepared, user)
  } catch (error) {
    if (error !== runEnded) throw error
  } finally {
    run.userMs += Math.max(0, Math.min(model.clock.now(), run.endedAt) - startAt)
  }
}

async function iterate(run: Run, prepared: PreparedUser, user: VirtualUser): Promise<void> {
  const { scenarios, recorder } = run.model
  const index = pickByWeight(scenarios, prepared.random)
  const stepsBefore = prepared.steps
  try {
    await (scenarios[index] as Scenario).iterate(user, prepared.states[index])
    // Over and over, this would keep the process so busy that no timer and no Ctrl-C gets through.
    if (prepared.steps === stepsBefore) throw new Error('it neither thought nor sent a request')
  } catch (error) {
    if (error === runEnded) throw error
    recorder.recordError(`${scenarios[index]?.name}: ${reasonOf(error)}`)
    await user.think(pauseAfterErrorMs)
  }
}

function pickByWeight(scenarios: readonly Scenario[], random: Random): number {
  let left = random.float() * scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const found = scenarios.findIndex(({ weight }) => (left -= weight) < 0)
  return found === -1 ? scenarios.length - 1 : found
}

/** A user whose next request is due at `startAt`. */
function createUser(run: Run, prepared: PreparedUser, startAt: number): VirtualUser {
  const { id, random } = prepared
  const { clock, client, recorder, ledger } = run.model
  let due = startAt
  return {
    id,
    random,
    ledger: {
      async record(entry) {
        const began = clock.now()
        await ledger.record(entry)
        // The next request is due so much later: the API has no part in this wait.
        due += clock.now() - began
      },
    },
    async think(ms) {
      prepared.steps++
      due += ms
      if (!(await run.sleepers.sleep(Math.max(0, due - clock.now())))) throw runEnded
    },
    async request(request) {
      if (run.sleepers.awake) throw runEnded
      prepared.steps++
      const sent = clock.now()
      const answer = await client.request({ ...request, wantBody: request.wantBody ?? false })
      const ended = clock.now()
      // Timers fire up to a millisecond early; then the wait for the answer began when it was sent.
      recorder.record({
        step: request.step,
        due: Math.min(due, sent),
        sent,
        ended,
        bytes: answer.bytes,
        failure: failureOf(request, answer),
      })
      run.overtimeMs += Math.max(0, ended - run.endedAt)
      due = ended
      return toStepAnswer(answer, run.parse)
    },
  }
}

function failureOf({ expected }: StepRequest, { status, reason }: HttpAnswer): string | null {
  if (reason !== null) return reason
  const right = (status >= 200 && status < 300) || (expected?.includes(status) ?? false)
  return right ? null : `status ${status}`
}

function toStepAnswer({ status, body, maybeExecuted }: HttpAnswer, parse: ParseJson): StepAnswer {
  return { status, body, maybeExecuted, json: () => parse(body) }
}

/** Makes a row of every second, until the time is over or the signal aborts. */
async function untilTheEnd(run: Run): Promise<void> {
  const { clock, durationMs, recorder, onSecond, signal } = run.model
  const seconds = createSleepers(clock)
  const stop = () => seconds.wakeAll()
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  const end = run.startedAt + durationMs
  for (let at = run.startedAt + 1000; at <= end && !seconds.awake; at += 1000) {
    if (await seconds.sleep(Math.max(0, at - clock.now()))) onSecond(recorder.endSecond(run.active))
  }
  await seconds.sleep(Math.max(0, end - clock.now()))
  signal.removeEventListener('abort', stop)
}

async function finishWithin({ clock, client, graceMs }: ClosedModel, everyone: Promise<unknown>): Promise<void> {
  const grace = createSleepers(clock)
  const done = everyone.finally(() => grace.wakeAll())
  await Promise.race([done, grace.sleep(graceMs)])
  await client.close()
  await done
}

/**
 * The ideal rate: users whose answers are instant would make the same requests in the time U - W
 * that they did not spend waiting (U: all their time, W: their response times, both up to the end
 * of the run), so in U they would make U / (U - W) times as many.
 */
function summarize(run: Run): RunResult {
  const { model } = run
  const seconds = (run.endedAt - run.startedAt) / 1000
  const recording = model.recorder.finish(seconds)
  const rps = seconds > 0 ? recording.requests / seconds : 0
  const waitedMs = recording.totalResponseMs - run.overtimeMs
  const freeShare = run.userMs > 0 ? 1 - waitedMs / run.userMs : 0
  return {
    ...recording,
    seconds,
    rps,
    idealRps: freeShare > 0 ? rps / freeShare : 0,
    outcomes: model.ledger.counts(),
    interrupted: model.signal.aborted,
  }
}
