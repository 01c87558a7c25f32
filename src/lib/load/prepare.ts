import { setImmediate as nextTurn } from 'node:timers/promises'
import { failure, reasonOf } from '../errors.ts'
import type { Clock } from '../measure/clock.ts'
import type { Random } from '../random.ts'
import type { Part } from './pacing.ts'
import type { PreparingUser, Scenario } from './scenario.ts'
import type { PreparedUser } from './session.ts'

/** Who is prepared. */
export interface Preparation {
  /** Of the whole run. */
  readonly users: number
  /** Which of them. */
  readonly part: Part
  readonly scenarios: readonly Scenario[]
  /** Each user gets a source of its own from it. */
  readonly random: Random
  readonly clock: Clock
  /** Leaves out the users that are not prepared yet. */
  readonly signal: AbortSignal
}

/** How long scenarios may keep the process busy before Ctrl-C is looked for, ms. */
const turnEveryMs = 50

/** Does the heavy work of all scenarios for every user of a part. Throws `scenario-not-prepared`. */
export async function prepareUsers({
  users,
  part,
  scenarios,
  random,
  clock,
  signal,
}: Preparation): Promise<readonly PreparedUser[]> {
  const prepared: PreparedUser[] = []
  let turnedAt = clock.now()
  for (let id = part.index; id < users && !signal.aborted; id += part.of) {
    const user = { id, random: random.fork(id) }
    const states: unknown[] = []
    for (const scenario of scenarios) states.push(await prepare(scenario, user))
    prepared.push({ ...user, states })
    if (clock.now() - turnedAt < turnEveryMs) continue
    await nextTurn()
    turnedAt = clock.now()
  }
  return prepared
}

async function prepare(scenario: Scenario, user: PreparingUser): Promise<unknown> {
  try {
    return await scenario.prepare(user)
  } catch (error) {
    throw failure('scenario-not-prepared', { name: scenario.name, reason: reasonOf(error) }, error)
  }
}
