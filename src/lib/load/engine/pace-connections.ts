import { stepOf, createStatusJudge } from '../clients/fixed-request.ts'
import type { CreateSender, HttpResponse } from '../../ports/http-client.ts'
import type { SaturationModel } from './model.ts'
import { shareOf } from './schedule.ts'
import { createWait, start, type Run } from './run-state.ts'
import { createSession, type Session } from './session.ts'

/**
 * How long a connection rests that could not be made, ms: a failure at once, sent again at once, would leave no timer
 * and no Ctrl-C through.
 */
const restMs = 10

/** State that the connections of a shard share. */
interface Saturation {
  readonly run: Run
  readonly step: string
  readonly createSender: CreateSender
  readonly judge: (status: number) => string | null
  /** Requests that are not sent yet. */
  left: number
}

/**
 * Keeps this shard's connections busy with one request. Returns once all have begun; after the last response to a
 * number of requests it ends the run.
 */
export async function paceConnections(run: Run, model: SaturationModel): Promise<void> {
  const { clock, client, shard, random } = run.plan
  const { send, requests } = model
  const saturation: Saturation = {
    run,
    step: stepOf(send),
    createSender: client.repeat(send),
    judge: createStatusJudge(send.expect),
    left: requests === null ? Infinity : shareOf(requests, shard),
  }
  const waitUntil = createWait(run)
  const ended: Promise<void>[] = []
  for (let id = 0; id < shareOf(model.connections, shard); id++) {
    if (!(await waitUntil(run.startedAt))) break
    const session = createSession(clock, { id, random, states: [] }, run.startedAt)
    ended.push(start(run, session, () => keepBusy(saturation, session)))
  }
  if (requests !== null) void Promise.all(ended).then(() => run.timers.cancelAll())
}

/** Sends on one connection until the session is stopped or nothing is left, and returns after its last response. */
function keepBusy(saturation: Saturation, { timers }: Session): Promise<void> {
  const { run, step, createSender, judge } = saturation
  const { clock, recorder } = run.plan
  const { promise, resolve } = Promise.withResolvers<void>()
  const sendAgain = createSender(onResponse)
  let sent = 0

  function sendNext(): void {
    if (timers.cancelled || saturation.left === 0) return resolve()
    saturation.left--
    run.iterations++
    sent = clock.now()
    sendAgain()
  }

  function onResponse({ status, bytes, reason, maybeExecuted, reconnected }: HttpResponse): void {
    // Due when it was sent: the response before it is what it waited for.
    const failure = reason ?? judge(status)
    recorder.record({ step, due: sent, sent, ended: clock.now(), bytes, failure, reconnected })
    if (reason === null || maybeExecuted) sendNext()
    else void rest()
  }

  async function rest(): Promise<void> {
    await timers.sleep(restMs)
    sendNext()
  }

  sendNext()
  return promise
}
