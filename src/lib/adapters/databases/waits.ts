import { setTimeout as sleep } from 'node:timers/promises'
import type { OnWait, Wait } from '../../ports/database-facts.ts'
import { waitedFor, type TransientError } from './errors.ts'

/** The one who keeps a lock that is needed. */
export interface LockHolder {
  /** `the lock`, `the file's lock`. */
  readonly lock: string
  /** `session 4711`, `process 812`; null where the server does not tell. */
  readonly name: string | null
  /** More of it, such as `user app, idle in transaction for 95 s`, or why nobody can tell; may be empty. */
  readonly about: string
  /** False for one that has something open which may be it. */
  readonly isSure: boolean
  /** A command that ends it; null where there is none. */
  readonly end: string | null
  /** It is a process of rushbench that seeds. */
  readonly seeds?: true
}

/** Work that is under way. */
export interface Waiting {
  /** By the process's clock, ms, like all times here. */
  readonly startedAt: number
  /** The last one, and when it came. */
  transientError: { readonly what: TransientError; readonly at: number } | null
  /** The last that was found. */
  holder: LockHolder | null
  /** When it was last looked at without anything that held it up. */
  freeAt: number
}

/** Follows work on one database, and tells what it waits for. */
export interface WaitWatch {
  begin(): Waiting
  end(waiting: Waiting): void
  close(): void
}

const lookEveryMs = 1000
/** Work that takes less is not asked about; less than the time between looks, or work of two seconds might never be. */
const shownAfterMs = 900
/** For which an answer is waited for. */
const findWithinMs = 3000
/** For how long a transient error is what is waited for: pauses between tries are shorter. */
const transientErrorHoldsMs = 2000

/**
 * Looks once a second for work that takes longer than one, and tells `onWait` what it waits for: by `findHolder`, which asks
 * the server who keeps a lock from us, and by the transient errors that are noted. Without `onWait` nothing is asked.
 */
export function createWaitWatch(
  onWait: OnWait | undefined,
  findHolder: (() => Promise<LockHolder | null>) | null,
): WaitWatch {
  const underWay = new Set<Waiting>()
  let isLooking = false
  let isTold = false

  async function look(tell: OnWait): Promise<void> {
    const now = performance.now()
    const long = [...underWay].filter(({ startedAt }) => now - startedAt >= shownAfterMs)
    const holder = long.length > 0 && findHolder ? await within(findHolder()) : null
    const wait = judge(
      long.filter((waiting) => underWay.has(waiting)),
      holder,
    )
    if (wait || isTold) tell(wait)
    isTold = wait !== null
  }

  function lookOnce(tell: OnWait): void {
    if (isLooking) return
    isLooking = true
    void look(tell).finally(() => {
      isLooking = false
    })
  }

  const timer = onWait && setInterval(() => lookOnce(onWait), lookEveryMs)
  timer?.unref()
  return {
    begin() {
      const startedAt = performance.now()
      const waiting: Waiting = { startedAt, transientError: null, holder: null, freeAt: startedAt }
      if (timer) underWay.add(waiting)
      return waiting
    },
    end: (waiting) => void underWay.delete(waiting),
    close: () => clearInterval(timer),
  }
}

/** Null too when the server cannot be asked. */
async function within(search: Promise<LockHolder | null>): Promise<LockHolder | null> {
  const found = search.catch(() => null)
  return Promise.race([found, sleep(findWithinMs, null, { ref: false })])
}

/** Finds the cause that the longest of them waits for; notes on each what is known by now. */
function judge(long: readonly Waiting[], holder: LockHolder | null): Wait | null {
  const now = performance.now()
  let first: Wait | null = null
  for (const waiting of long) {
    const { transientError } = waiting
    const met = transientError && now - transientError.at < transientErrorHoldsMs ? transientError.what : null
    if (holder) waiting.holder = holder
    else if (!met) waiting.freeAt = now
    const what = holder ? lockOf(holder) : met && waitedFor(met)
    if (what) first ??= { what, ms: now - waiting.freeAt }
  }
  return first
}

/** To stand behind "waiting for". */
export function lockOf({ lock, name, about, isSure }: LockHolder): string {
  if (name === null) return about === '' ? lock : `${lock} (${about})`
  return `${lock} that ${name} ${isSure ? 'holds' : 'may hold'}`
}

/** A sentence's middle: `session 4711 (user app, idle in transaction for 95 s) holds the lock`. */
export function holderSentence({ lock, name, about, isSure }: LockHolder): string {
  const more = about === '' ? '' : ` (${about})`
  return name === null ? `somebody holds ${lock}${more}` : `${name}${more} ${isSure ? 'holds' : 'may hold'} ${lock}`
}

/** Describes a wait in a line of progress. */
export function waitText({ what, ms }: Wait): string {
  return `waiting for ${what}, ${Math.floor(ms / 1000)} s`
}
