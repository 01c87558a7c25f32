import { formatCount } from '../format.ts'
import type { AuditResult } from '../reports/record.ts'

/** What an audit found, with the bookings it had to go by: none of a single request is written down. */
export function auditPhrase(audit: AuditResult, hasLedger: boolean): string {
  const { acknowledged, oversold, inconsistent = 0 } = audit
  if (hasLedger) return `${formatCount(acknowledged)} bookings acknowledged: ${foundByAudit(audit)}`
  return `the tables by themselves, since no booking of a single request is written down: ${formatCount(oversold)} oversold, ${formatCount(inconsistent)} inconsistent`
}

/** What an audit counted, in words; what only some workloads have stands there only where it was found. */
export function foundByAudit({ lost, duplicate, oversold, inconsistent = 0 }: AuditResult): string {
  const found = `${formatCount(lost)} lost, ${formatCount(duplicate)} doubled, ${formatCount(oversold)} oversold`
  return inconsistent > 0 ? `${found}, ${formatCount(inconsistent)} inconsistent` : found
}

/** `the first 20 of 245` where fewer of what was found are told in full; null where all are. */
export function firstOf(shown: number, all: number): string | null {
  return shown < all ? `the first ${formatCount(shown)} of ${formatCount(all)}` : null
}

/** All that an audit counted as broken. */
export function brokenIn({ lost, duplicate, oversold, inconsistent = 0 }: AuditResult): number {
  return lost + duplicate + oversold + inconsistent
}
