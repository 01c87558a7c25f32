import { setImmediate as nextTurn } from 'node:timers/promises'
import { ignoreFailure, onAbort } from '../../base/abort.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { Clock } from '../../base/measure/clock.ts'
import type { Random } from '../../base/random.ts'
import { mostUsersOf, sendOf, type LoadModel } from './model.ts'
import { shareOf, type Shard } from './schedule.ts'
import type { PreparingUser, Scenario } from '../../ports/scenario.ts'
import type { PreparedUser } from './session.ts'

/** The users to prepare. */
export interface Preparation {
  /** Users of the whole run. */
  readonly users: number
  /** The shard of them to prepare. */
  readonly shard: Shard
  readonly scenarios: readonly Scenario[]
  /** Each user gets a source of its own from it. */
  readonly random: Random
  readonly clock: Clock
  /** Leaves out the users that are not prepared yet. */
  readonly signal: AbortSignal
  /** Told how many users have been prepared so far. */
  readonly onPrepared?: (users: number) => void
}

/** Prepares the users of a shard, from the first on. */
export interface UserSupply {
  /** Does the heavy work of all scenarios for the next `count` users, or for those left. Throws `scenario-not-prepared`. */
  take(count: number): Promise<readonly PreparedUser[]>
  /** Users that nobody has taken yet. */
  readonly left: number
}

/** How long scenarios may keep the process busy before Ctrl-C is looked for, ms. */
const turnEveryMs = 50

/** Users that are prepared at the same time: what waits for a server's response takes no longer for so many. */
const mostAtOnce = 100

/** The users of a shard, each prepared once. They begin in the order of their numbers, and are given in it. */
export function createUserSupply(preparation: Preparation): UserSupply {
  const { users, shard, scenarios, random, clock, signal, onPrepared } = preparation
  const share = shareOf(users, shard)
  let taken = 0
  let done = 0
  let turnedAt = clock.now()
  let turn: Promise<unknown> | null = null

  const isOverdue = (): boolean => turn !== null || clock.now() - turnedAt >= turnEveryMs

  /** One turn of the event loop for all that are being prepared. */
  async function letOthersThrough(): Promise<void> {
    turn ??= nextTurn().then(() => {
      turnedAt = clock.now()
      turn = null
    })
    await turn
  }

  async function prepareOne(index: number): Promise<PreparedUser> {
    const id = shard.index + index * shard.of
    const user = { id, random: random.fork(id) }
    const states: unknown[] = []
    for (const scenario of scenarios) states.push(await prepare(scenario, user))
    onPrepared?.(++done)
    return { ...user, states }
  }

  async function prepareRange(from: number, to: number): Promise<readonly PreparedUser[]> {
    const prepared: PreparedUser[] = []
    let next = from
    let failed = false
    const lane = async (): Promise<void> => {
      for (;;) {
        while (isOverdue()) await letOthersThrough()
        if (next >= to || failed || signal.aborted) return
        const index = next++
        prepared[index - from] = await prepareOne(index)
      }
    }
    const lanes = Array.from({ length: Math.min(mostAtOnce, to - from) }, lane)
    await untilAborted(
      Promise.all(lanes).catch((error: unknown) => {
        failed = true
        throw error
      }),
      signal,
    )
    return prepared.filter((user) => user !== undefined)
  }

  return {
    async take(count) {
      const from = taken
      taken = Math.min(share, taken + count)
      return prepareRange(from, taken)
    },
    get left() {
      return share - taken
    },
  }
}

/** How far ahead of the arrivals users are prepared, and how few of them at the least. */
const secondsAhead = 5
const fewestAhead = 10

/** Returns how many users of a shard are prepared before the start: of an open model, as many as its first seconds need. */
export function usersAhead(model: LoadModel, shard: Shard): number {
  // A single request has none.
  if (sendOf(model)) return 0
  const share = shareOf(mostUsersOf(model), shard)
  if (model.kind !== 'open') return share
  const highest = Math.max(1, ...(model.bursts ?? []).map(({ factor }) => factor))
  return Math.min(share, Math.max(fewestAhead, Math.ceil((model.ratePerSecond * highest * secondsAhead) / shard.of)))
}

async function prepare(scenario: Scenario, user: PreparingUser): Promise<unknown> {
  try {
    return await scenario.prepare(user)
  } catch (error) {
    throw failure('scenario-not-prepared', { name: scenario.name, reason: reasonOf(error) }, error)
  }
}

/** Resolves also when the signal aborts first. */
async function untilAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const aborted = Promise.withResolvers<void>()
  const stopListening = onAbort(signal, aborted.resolve)
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    stopListening()
    void ignoreFailure(work)
  }
}
