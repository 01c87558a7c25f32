import { reasonOf } from '../../base/errors/errors.ts'
import type { Random } from '../../base/random.ts'
import type { Scenario, VirtualUser } from '../../ports/scenario.ts'
import { requestsEnded, type Session, type SessionContext } from './session.ts'
import { stopped } from './refusals.ts'
import { createUser } from './virtual-user.ts'

/** After a scenario threw: keeps a broken one from spinning. */
const pauseAfterErrorMs = 1000

/**
 * Runs one iteration after the other, each after its scenario's think time, until the session is
 * stopped. A scenario that throws is counted as an error with its reason, and its user goes on.
 */
export async function iterateUntilStopped(context: SessionContext, session: Session): Promise<void> {
  const user = createUser(context, session)
  try {
    while (!session.timers.cancelled) {
      const beganAt = context.clock.now()
      const succeeded = await iterate(context, session, user, true)
      if (!succeeded) await user.think(pauseAfterErrorMs)
      context.onIterationEnd(context.clock.now() - beganAt)
    }
  } catch (error) {
    if (error !== stopped) throw error
  }
}

/** Runs one iteration, without its scenario's think time. One that throws is counted as an error with its reason. */
export async function iterateOnce(context: SessionContext, session: Session): Promise<void> {
  try {
    await iterate(context, session, createUser(context, session), false)
  } catch (error) {
    if (error !== stopped) throw error
  }
}

/** False when the scenario threw. */
async function iterate(
  context: SessionContext,
  session: Session,
  user: VirtualUser,
  thinks: boolean,
): Promise<boolean> {
  const { scenarios, recorder, onIteration } = context
  const index = pickByWeight(scenarios, user.random)
  const scenario = scenarios[index] as Scenario
  session.scenario = scenario.name
  const stepsBefore = session.steps
  if (thinks && scenario.think !== 0) await user.think(scenario.think)
  onIteration()
  try {
    try {
      await scenario.run(user, session.prepared.states[index])
    } finally {
      // Those that nobody awaits, also of a Promise.all of which another part has thrown.
      if (session.underWay > 0) await requestsEnded(session)
    }
    // A scenario that catches all errors has caught the one that ended it, too.
    if (session.cutShort) throw stopped
    // Over and over, this would keep the process so busy that no timer and no Ctrl-C gets through.
    if (session.steps === stepsBefore)
      throw new Error('it neither sent a request nor waited for a think (is an "await" missing?)')
    context.mistakes.succeeded(`iteration of ${scenario.name}`)
    return true
  } catch (error) {
    // Whatever a scenario throws instead of what was thrown to end it, it did not fail by itself.
    if (session.cutShort) throw stopped
    // What a socket refused to send, which nobody else hears of.
    context.mistakes.note(error, `iteration of ${scenario.name}`, scenario.name)
    recorder.recordError(`${scenario.name}: ${reasonOf(error)}`)
    return false
  }
}

function pickByWeight(scenarios: readonly Scenario[], random: Random): number {
  let left = random.float() * scenarios.reduce((sum, { weight }) => sum + weight, 0)
  const found = scenarios.findIndex(({ weight }) => (left -= weight) < 0)
  return found === -1 ? scenarios.length - 1 : found
}
