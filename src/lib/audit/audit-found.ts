import { formatCount } from '../base/format.ts'
import type { AuditResult } from '../record/record.ts'

/** What an audit found, with the bookings it had to go by: none of a single request is written down. */
export function auditPhrase(audit: AuditResult, hasLedger: boolean): string {
  const { acknowledged, oversold, inconsistent = 0 } = audit
  if (hasLedger) return `${formatCount(acknowledged)} bookings acknowledged: ${foundByAudit(audit)}`
  return `the tables by themselves, since no booking of a single request is written down: ${oversoldPhrase(oversold)}, ${formatCount(inconsistent)} inconsistent`
}

/** What an audit counted, in words; what is seldom found stands there only where it was. */
export function foundByAudit(audit: AuditResult): string {
  const { lost, duplicate, oversold, inconsistent = 0, refusedCommitted = 0 } = audit
  return [
    `${formatCount(lost)} lost, ${formatCount(duplicate)} doubled, ${oversoldPhrase(oversold)}`,
    ...(inconsistent > 0 ? [`${formatCount(inconsistent)} inconsistent`] : []),
    ...(refusedCommitted > 0 ? [`${formatCount(refusedCommitted)} stored though refused`] : []),
  ].join(', ')
}

/** One number counts both, of which the rows that are found say which it is. */
function oversoldPhrase(oversold: number): string {
  return oversold === 0 ? '0 oversold' : `${formatCount(oversold)} oversold or with a wrong stock`
}

/** `the first 20 of 245` where fewer of what was found are told in full; null where all are. */
export function firstOf(shown: number, all: number): string | null {
  return shown < all ? `the first ${formatCount(shown)} of ${formatCount(all)}` : null
}

/** All that an audit counted as broken. */
export function brokenIn(audit: AuditCounts): number {
  const { lost, duplicate, oversold, inconsistent = 0, refusedCommitted = 0 } = audit
  return lost + duplicate + oversold + inconsistent + refusedCommitted
}

type AuditCounts = Pick<AuditResult, 'lost' | 'duplicate' | 'oversold' | 'inconsistent' | 'refusedCommitted'>
