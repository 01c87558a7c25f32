import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpClient } from '../../ports/http-client.ts'
import type { Clock } from '../../base/measure/clock.ts'
import type { Progress } from '../../base/progress.ts'
import type { GeneratedMessage } from './order-generator.ts'

/** When orders could be read from one replica. Times in ms. */
export interface Readable {
  readonly origin: string
  /** Orders that were asked for until they were there. */
  readonly orders: number
  /** Orders among those that never were. */
  readonly unreadable: number
  /** From when each was handed to the broker to when it was there; ascending. */
  readonly latencies: readonly number[]
  /** When the last of them was there, on the clock. */
  readonly completeAt: number
}

export interface Replica {
  readonly origin: string
  readonly client: HttpClient
}

/** Asks replicas for orders until they are there. */
export interface Readings {
  expect(messages: readonly GeneratedMessage[], sentAt: number): void
  /**
   * Expects nothing more. Resolves when all are there, or the time is over that all of them together have, or it was
   * stopped. `onProgress` is told how many are there, in all replicas together.
   */
  finish(onProgress?: (progress: Progress) => void): Promise<readonly Readable[]>
}

/** Orders that each replica is asked for, spread over all: more would be a load of their own. */
const maxAsked = 2000

/** Questions to a replica at the same time, and the pause before one is asked again, ms. */
const questions = 8
const askAgainMs = 2

/** How long an order keeps others waiting when nothing comes, ms: then it is asked for after all of them. */
const defaultStuckMs = 2000

export interface FollowContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long all orders have from the last message on, ms. */
  readonly withinMs: number
  readonly stuckMs?: number
}

/** Follows what can be read of about `messages` messages; `signal` stops it. */
export function followReadings(replicas: readonly Replica[], messages: number, context: FollowContext): Readings {
  const stride = Math.ceil(messages / maxAsked)
  let tell = (): void => {}
  const followers = replicas.map((replica) => follow(replica, context, () => tell()))
  let count = 0
  let skipped: readonly [uid: string, sentAt: number] | null = null
  const expectAll = (uid: string, sentAt: number): void => {
    for (const follower of followers) follower.expect(uid, sentAt)
  }
  return {
    expect(acknowledged, sentAt) {
      for (const { uid } of acknowledged) {
        if (uid === null) continue
        skipped = [uid, sentAt]
        if (count++ % stride !== 0) continue
        expectAll(uid, sentAt)
        skipped = null
      }
    },
    finish(onProgress = () => {}) {
      // The last one always.
      if (skipped) expectAll(...skipped)
      tell = () => {
        const progress = followers.map((follower) => follower.progress())
        const sumOf = (part: keyof Progress): number => progress.reduce((sum, each) => sum + each[part], 0)
        onProgress({ done: sumOf('done'), total: sumOf('total') })
      }
      tell()
      return Promise.all(followers.map((follower) => follower.finish()))
    },
  }
}

interface Follower {
  expect(uid: string, sentAt: number): void
  progress(): Progress
  finish(): Promise<Readable>
}

/** An order that was published, and is to become readable. */
interface Wanted {
  readonly uid: string
  readonly sentAt: number
  /** It kept others waiting once, and does so no more. */
  readonly isStuck?: true
}

function follow(
  { origin, client }: Replica,
  { clock, signal, withinMs, stuckMs = defaultStuckMs }: FollowContext,
  onFound: () => void,
): Follower {
  let queue: Wanted[] = []
  const stuck: Wanted[] = []
  const latencies: number[] = []
  let orders = 0
  let next = 0
  let completeAt = clock.now()
  let isFinishing = false
  let giveUpAt = Infinity
  let isGone = false

  /** Takes one after the other, in the order in which they were published, and then those that did not come. */
  function take(): Wanted | undefined {
    if (next === queue.length && stuck.length > 0) {
      queue = stuck.splice(0)
      next = 0
    }
    const wanted = queue[next]
    if (wanted !== undefined) next++
    return wanted
  }

  async function ask(): Promise<void> {
    while (!signal.aborted && !isGone) {
      const wanted = take()
      if (wanted !== undefined) await waitFor(wanted)
      else if (isFinishing) return
      else await sleep(askAgainMs)
    }
  }

  async function waitFor(wanted: Wanted): Promise<void> {
    const beganAt = clock.now()
    while (!signal.aborted && !isGone) {
      const { status } = await client.request({
        method: 'GET',
        path: `/orders/order?uuid=${wanted.uid}`,
        wantBody: false,
      })
      const now = clock.now()
      if (status === 200) {
        completeAt = now
        latencies.push(now - wanted.sentAt)
        return onFound()
      }
      if (now >= giveUpAt) {
        // Each that is left is asked for once more, unless nothing responds.
        isGone ||= status === 0
        return
      }
      const isStuck = wanted.isStuck === true || now >= Math.max(beganAt, completeAt) + stuckMs
      if (isStuck) stuck.push({ ...wanted, isStuck })
      await sleep(askAgainMs)
      if (isStuck) return
    }
  }

  const asking = Promise.all(Array.from({ length: questions }, ask))
  return {
    expect(uid, sentAt) {
      orders++
      queue.push({ uid, sentAt })
    },
    progress: () => ({ done: latencies.length, total: orders }),
    async finish() {
      giveUpAt = clock.now() + withinMs
      isFinishing = true
      await asking
      latencies.sort((a, b) => a - b)
      return { origin, orders, unreadable: orders - latencies.length, latencies, completeAt }
    },
  }
}
