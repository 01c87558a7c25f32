import { withoutTimerLateness } from '../../base/measure/clock.ts'
import { stepOf, createStatusJudge } from '../clients/fixed-request.ts'
import type { HttpResponse, FixedRequest } from '../../ports/http-client.ts'
import type { OpenModel } from './model.ts'
import { followSchedule } from './pace-arrivals.ts'
import { shareOf } from './schedule.ts'
import type { Run } from './run-state.ts'

/**
 * The open model of a single request: sends it on the schedule of `model`, whether or not earlier ones came back.
 * Returns when the last was sent or skipped; the responses under way are waited for at the end of the run.
 */
export async function paceRequests(run: Run, model: OpenModel, request: FixedRequest): Promise<void> {
  const { clock, client, shard } = run.plan
  const createSender = client.repeat(request)
  const judge = createStatusJudge(request.expect)
  const step = stepOf(request)
  const most = shareOf(model.maxInFlight, shard)
  /** The one that was used last comes first, as with their connections. */
  const free: ((due: number) => void)[] = []
  const answered = Promise.withResolvers<void>()
  let isOver = false

  function createTurn(): (due: number) => void {
    let due = 0
    let planned = 0
    let sent = 0
    const sendAgain = createSender(({ status, bytes, reason, reconnected }: HttpResponse) => {
      const failure = reason ?? judge(status)
      run.plan.recorder.record({ step, due, planned, sent, ended: clock.now(), bytes, failure, reconnected })
      run.active--
      free.push(turn)
      if (isOver && run.active === 0) answered.resolve()
    })
    function turn(at: number): void {
      run.iterations++
      run.mostActive = Math.max(run.mostActive, ++run.active)
      sent = clock.now()
      // Timers fire up to a millisecond early.
      planned = Math.min(at, sent)
      due = Math.min(withoutTimerLateness(at, sent), sent)
      sendAgain()
    }
    return turn
  }

  await followSchedule(run, model, (at) => {
    const turn = free.pop() ?? (run.active < most ? createTurn() : undefined)
    turn?.(at)
    return turn ? 'begun' : 'full'
  })
  isOver = true
  if (run.active === 0) answered.resolve()
  run.responses.push(answered.promise)
}
