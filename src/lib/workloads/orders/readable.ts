import { setTimeout as sleep } from 'node:timers/promises'
import type { HttpClient } from '../../ports/http-client.ts'
import type { Clock } from '../../base/measure/clock.ts'
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
  /** Expects nothing more. Resolves when all are there, or none has come for a minute, or it was stopped. */
  finish(): Promise<readonly Readable[]>
}

/** Orders that each replica is asked for, spread over all: more would be a load of their own. */
const maxAsked = 2000

/** Questions to a replica at the same time, and the pause before one is asked again, ms. */
const questions = 8
const askAgainMs = 2

/** The longest wait for the next order, ms. */
const defaultPatienceMs = 60_000

/** Follows what can be read of about `messages` messages; `signal` stops it. */
export function followReadings(
  replicas: readonly Replica[],
  messages: number,
  { clock, signal, patienceMs = defaultPatienceMs }: FollowContext,
): Readings {
  const stride = Math.ceil(messages / maxAsked)
  const followers = replicas.map((replica) => follow(replica, { clock, signal, patienceMs }))
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
    finish() {
      // The last one always.
      if (skipped) expectAll(...skipped)
      return Promise.all(followers.map((follower) => follower.finish()))
    },
  }
}

export interface FollowContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly patienceMs?: number
}

interface Follower {
  expect(uid: string, sentAt: number): void
  finish(): Promise<Readable>
}

function follow({ origin, client }: Replica, { clock, signal, patienceMs }: Required<FollowContext>): Follower {
  const queue: { readonly uid: string; readonly sentAt: number }[] = []
  const latencies: number[] = []
  let next = 0
  let completeAt = clock.now()
  let isFinishing = false

  /** Asks for one after the other, in the order in which they were published. */
  async function ask(): Promise<void> {
    while (!signal.aborted) {
      const wanted = queue[next]
      if (wanted !== undefined) {
        next++
        if (await waitFor(wanted.uid)) latencies.push(clock.now() - wanted.sentAt)
      } else if (isFinishing) return
      else await sleep(askAgainMs)
    }
  }

  async function waitFor(uid: string): Promise<boolean> {
    const beganAt = clock.now()
    while (!signal.aborted && clock.now() < Math.max(beganAt, completeAt) + patienceMs) {
      const { status } = await client.request({ method: 'GET', path: `/orders/${uid}`, wantBody: false })
      if (status === 200) {
        completeAt = clock.now()
        return true
      }
      await sleep(askAgainMs)
    }
    return false
  }

  const asking = Promise.all(Array.from({ length: questions }, ask))
  return {
    expect: (uid, sentAt) => void queue.push({ uid, sentAt }),
    async finish() {
      isFinishing = true
      await asking
      latencies.sort((a, b) => a - b)
      return { origin, orders: queue.length, unreadable: queue.length - latencies.length, latencies, completeAt }
    },
  }
}
