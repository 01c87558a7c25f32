/** Bounds of how much somebody may do: so much at once, and then no faster than that. */
export interface QuotaLimits {
  readonly atOnce: number
  readonly perSecond: number
  /** How many keys are remembered; of more, those are forgotten that did nothing for the longest time. */
  readonly maxKeys?: number
}

/** A quota for each of many, told apart by a key. */
export interface Quota {
  /** Seconds until the next may be done, or the one after `ahead` others; 0: at once. Does not count it. */
  wait(key: string, ahead?: number): number
  /** Counts one that was done, also beyond what is left. */
  count(key: string): void
  /** Gives one back. */
  giveBack(key: string): void
}

interface Used {
  amount: number
  at: number
}

/** `now` returns ms. */
export function createQuota(
  { atOnce, perSecond, maxKeys = 10_000 }: QuotaLimits,
  now: () => number = () => performance.now(),
): Quota {
  /** The one who did nothing for the longest time first. */
  const known = new Map<string, Used>()

  function used(key: string): number {
    const found = known.get(key)
    return found ? Math.max(0, found.amount - ((now() - found.at) / 1000) * perSecond) : 0
  }

  function set(key: string, amount: number): void {
    known.delete(key)
    if (amount <= 0) return
    known.set(key, { amount, at: now() })
    if (known.size > maxKeys) known.delete(known.keys().next().value as string)
  }

  return {
    wait: (key, ahead = 0) => Math.max(0, (used(key) + ahead + 1 - atOnce) / perSecond),
    count: (key) => set(key, used(key) + 1),
    giveBack: (key) => set(key, used(key) - 1),
  }
}
