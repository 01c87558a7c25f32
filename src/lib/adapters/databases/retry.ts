import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { FindTransientError, TransientError } from './errors.ts'
import { holderSentence, type Waiting, type WaitWatch } from './waits.ts'
import type { RetryCounts } from '../../ports/database-facts.ts'

/** How work on one database is tried again. */
export interface RetryPolicy {
  /** Without its password. */
  readonly url: string
  readonly findTransientError: FindTransientError
  readonly counter: RetryCounter
  readonly waits: WaitWatch
}

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
 * `database-busy`, `database-read-only`, `connections-exhausted`, `database-unreachable`, and `outcome-unknown` where the
 * work may be stored all the same.
 */
export async function retry<T>(work: (attempt: Attempt) => Promise<T>, policy: RetryPolicy): Promise<T> {
  const waiting = policy.waits.begin()
  try {
    for (let tries = 1; ; tries++) {
      const attempt: Attempt = { mayBeStored: false }
      try {
        return await work(attempt)
      } catch (error) {
        const transientError = policy.findTransientError(error)
        if (!transientError) throw error
        if (transientError.kind === 'busy' && attempt.mayBeStored) {
          throw failure('outcome-unknown', { url: policy.url, reason: reasonOf(error) }, error)
        }
        const at = performance.now()
        if (isOver(transientError, tries, at - waiting.startedAt)) {
          throw givingUp(error, transientError, policy.url, waiting)
        }
        policy.counter.add(transientError.reason)
        waiting.transientError = { what: transientError, at }
        await sleep(Math.random() * pauseMs(tries))
      }
    }
  } finally {
    policy.waits.end(waiting)
  }
}

/** The longest that the pause after so many tries may be, ms. */
export function pauseMs(tries: number): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1))
}

/** Whether no further try is made. */
export function isOver({ kind }: TransientError, tries: number, elapsedMs: number): boolean {
  return elapsedMs >= giveUpAfterMs && (kind !== 'conflict' || tries >= fewestTries)
}

/** The error for a transient error after which the work, where it is known, is not tried again. */
export function givingUp(error: unknown, { kind, limit }: TransientError, url: string, waiting?: Waiting): Error {
  const seconds = waiting ? Math.round((performance.now() - waiting.startedAt) / 1000) : 0
  const holder = waiting?.holder ?? null
  const details = { url, reason: reasonOf(error), seconds }
  if (kind === 'refused') return failure('database-read-only', details, error)
  if (kind === 'full') return failure('connections-exhausted', { ...details, ...(limit && { limit }) }, error)
  if (kind === 'away') return failure('database-unreachable', details, error)
  const found = holder ? { holder: holderSentence(holder), end: holder.end } : {}
  return failure('database-busy', { ...details, ...found }, error)
}

/** Translates errors of work, but leaves transient ones as they are, for the caller that tries again. */
export function createTranslator(
  translate: (error: unknown) => unknown,
  { findTransientError }: Pick<RetryPolicy, 'findTransientError'>,
) {
  return async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw findTransientError(error) ? error : translate(error)
    }
  }
}

/** Counts what is tried again on one database. */
interface RetryCounter {
  add(reason: string): void
  /** Since it was made. */
  counts(): RetryCounts
}

export function createRetryCounter(): RetryCounter {
  const counts = new Map<string, number>()
  return {
    add: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    counts: () => Object.fromEntries(counts),
  }
}

/** Adds up the counts of several. */
export function addRetries(all: readonly RetryCounts[]): RetryCounts {
  const sum: Record<string, number> = {}
  for (const counts of all) {
    for (const [reason, times] of Object.entries(counts)) sum[reason] = (sum[reason] ?? 0) + times
  }
  return sum
}
