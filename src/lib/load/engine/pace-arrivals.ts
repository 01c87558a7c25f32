import { reasonOf } from '../../base/errors/errors.ts'
import { iterateOnce } from './iteration.ts'
import type { OpenModel } from './model.ts'
import { arrivalTimes, takeTurns, shareOf } from './schedule.ts'
import { usersAhead } from './prepare.ts'
import { createWait, start, type Run } from './run-state.ts'
import { createSession, type PreparedUser } from './session.ts'
import { withoutTimerLateness } from '../../base/measure/clock.ts'
import { stepOf, createStatusJudge } from '../clients/fixed-request.ts'
import type { HttpResponse, FixedRequest } from '../../ports/http-client.ts'

/** How long after the end an iteration that was due before it may start: a timer is some ms late, a laggard more. */
const overtimeMs = 100

/** The open model: starts iterations on the schedule of `model`. Returns when the last was started or skipped. */
export async function paceArrivals(run: Run, users: readonly PreparedUser[], model: OpenModel): Promise<void> {
  const { clock, supply } = run.plan
  const free = createFreeUsers(run, users, usersAhead(model, run.plan.shard))
  await followSchedule(run, model, (at) => {
    const prepared = free.take()
    if (!prepared) return supply.left > 0 ? 'unprepared' : 'full'
    const session = createSession(clock, prepared, at)
    void start(run, session, async () => {
      await iterateOnce(run.context, session)
      free.giveBack(prepared)
    })
    return 'begun'
  })
}

/** Whether something could begin that was due: not when no more may be in flight, nor when no user is prepared. */
type Beginning = 'begun' | 'full' | 'unprepared'

/** Calls `begin` when something is due, with the time; what it cannot begin is skipped. */
async function followSchedule(run: Run, model: OpenModel, begin: (at: number) => Beginning): Promise<void> {
  const { clock, random, recorder, shard } = run.plan
  const waitUntil = createWait(run)
  const latestStart = run.startedAt + model.durationMs + overtimeMs
  let open = true
  for (const atMs of takeTurns(arrivalTimes(model, random.fork('arrivals')), shard)) {
    const at = run.startedAt + atMs
    open &&= (await waitUntil(at)) && clock.now() < latestStart
    if (!open && at > clock.now()) return
    const beginning = open ? begin(at) : null
    if (beginning === 'begun') continue
    run.full ||= beginning === 'full'
    run.unprepared ||= beginning === 'unprepared'
    recorder.recordSkipped()
  }
}

/** After users could not be prepared: keeps what is broken from being tried all the time. */
const pauseAfterErrorMs = 1000

/** Users that are free. */
interface FreeUsers {
  /** One that has been busy before, or else the next that was prepared; undefined when there is none. */
  take(): PreparedUser | undefined
  giveBack(user: PreparedUser): void
}

/** Free users, of whom more are prepared while the run lasts as soon as there are fewer than half of `ahead`. */
function createFreeUsers({ plan }: Run, users: readonly PreparedUser[], ahead: number): FreeUsers {
  const { supply, recorder, clock } = plan
  const back: PreparedUser[] = []
  let fresh = users.toReversed()
  let preparing = false

  function prepareMore(): void {
    const free = back.length + fresh.length
    if (preparing || free * 2 > ahead || supply.left === 0) return
    preparing = true
    supply.take(ahead - free).then(
      (more) => {
        fresh = more.toReversed().concat(fresh)
        preparing = false
      },
      (error: Error) => {
        recorder.recordError(reasonOf(error.cause ?? error))
        clock.schedule(pauseAfterErrorMs, () => (preparing = false))
      },
    )
  }

  return {
    take() {
      const user = back.pop() ?? fresh.pop()
      prepareMore()
      return user
    },
    giveBack: (user) => void back.push(user),
  }
}

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
