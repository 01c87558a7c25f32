import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../errors.ts'
import type { RetryCounter } from './retry-counter.ts'

/**
 * What a server means by an error that is nobody's fault. `conflict`: others stood in the way, and nothing is stored.
 * `refused`: this server takes no writes, such as a primary that has become a replica; nothing is stored, and another
 * connection may lead to one that does. `busy`: it did not come to an end in time; nothing is stored unless it had been
 * asked to commit, when nobody can know.
 */
export interface Setback {
  readonly kind: 'conflict' | 'refused' | 'busy'
  /** What it is called in the report; one of a few, without names or numbers of what was concerned. */
  readonly reason: string
}

/** What an engine says of an error: null for one that is no setback. */
export type FindSetback = (error: unknown) => Setback | null

/** How work on one database is tried again. */
export interface RetryPolicy {
  /** Without its password. */
  readonly url: string
  readonly findSetback: FindSetback
  readonly counter: RetryCounter
}

/** One try. */
export interface Attempt {
  /** To be set when the server is asked to commit, or to do what it commits by itself. */
  mayBeStored: boolean
}

/** Tries that a conflict always gets, however long each of them took. */
const fewestTries = 10
/** From the first try on, ms: an election of a new primary takes some ten seconds. */
const giveUpAfterMs = 20_000
/** The longest pause doubles from the first to the last of these, ms. */
const firstPauseMs = 2
const longestPauseMs = 500

/**
 * Does `work` again as long as the server asks for it and it can have done no harm: for some 20 seconds, after pauses
 * that grow exponentially and are drawn at random, so that those who met once do not meet again. Throws
 * `database-busy`, `database-read-only`, and `outcome-unknown` where the work may be stored all the same.
 */
export async function retry<T>(work: (attempt: Attempt) => Promise<T>, policy: RetryPolicy): Promise<T> {
  const startedAt = performance.now()
  for (let tries = 1; ; tries++) {
    const attempt: Attempt = { mayBeStored: false }
    try {
      return await work(attempt)
    } catch (error) {
      const setback = policy.findSetback(error)
      if (!setback) throw error
      if (setback.kind === 'busy' && attempt.mayBeStored) {
        throw failure('outcome-unknown', { url: policy.url, reason: reasonOf(error) }, error)
      }
      const elapsedMs = performance.now() - startedAt
      if (isOver(setback, tries, elapsedMs)) throw givingUp(error, setback, policy.url, elapsedMs)
      policy.counter.add(setback.reason)
      await sleep(Math.random() * pauseMs(tries))
    }
  }
}

/** The longest that the pause after so many tries may be, ms. */
export function pauseMs(tries: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1))
}

/** Whether no further try is made. */
export function isOver({ kind }: Setback, tries: number, elapsedMs: number): boolean {
  return elapsedMs >= giveUpAfterMs && (kind !== 'conflict' || tries >= fewestTries)
}

/** The error for a setback that nobody tries again after. */
export function givingUp(error: unknown, { kind }: Setback, url: string, elapsedMs = 0): Error {
  const reason = reasonOf(error)
  if (kind !== 'refused') return failure('database-busy', { url, reason }, error)
  return failure('database-read-only', { url, reason, seconds: Math.round(elapsedMs / 1000) }, error)
}
