import { createQuota } from '../shared/quota.ts'

/** Broken receipts that a caller may have kept at once, and a second from then on; each good one permits another. */
const brokenLimits = { atOnce: 1000, perSecond: 1 }

/** What callers have left of broken receipts, which are kept whole for ever. */
export interface BrokenQuota {
  /** Seconds until the caller may have one more kept, after `ahead` others; 0: at once. */
  wait(caller: string, ahead: number): number
  /** Counts one that was added, good or broken. */
  note(caller: string, isGood: boolean): void
}

/** Nobody has sent any at first. */
export function createBrokenQuota(): BrokenQuota {
  const quota = createQuota(brokenLimits)
  return { wait: quota.wait, note: (caller, isGood) => (isGood ? quota.giveBack : quota.count)(caller) }
}
