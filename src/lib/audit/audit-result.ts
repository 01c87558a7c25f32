import type { AuditResult } from '../record/record.ts'
import type { Violation } from '../ports/workload.ts'
import { formatCount } from '../base/format.ts'
import { judgedPhrase } from './isolation/judged-phrase.ts'

/** The count that each kind of violation adds to. */
export const counterOf = {
  lost: 'lost',
  duplicate: 'duplicate',
  oversold: 'oversold',
  'wrong-stock': 'oversold',
  inconsistent: 'inconsistent',
  'refused-committed': 'refusedCommitted',
  'unknown-committed': 'unknownCommitted',
} as const

/** Attempts to book that a ledger has. */
export interface AttemptCounts {
  readonly acknowledged: number
  readonly refused: number
}

/**
 * Counts what an audit finds among `acknowledged` bookings and `refused` ones, and keeps `kept` in full: what is no fault
 * stands last.
 */
export async function collectViolations(
  violations: AsyncIterable<Violation>,
  { acknowledged, refused }: AttemptCounts,
  kept: number,
): Promise<AuditResult> {
  const counts = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, refusedCommitted: 0, unknownCommitted: 0 }
  const faults: Violation[] = []
  const noFaults: Violation[] = []
  for await (const violation of violations) {
    counts[counterOf[violation.kind]]++
    const list = violation.kind === 'unknown-committed' ? noFaults : faults
    if (list.length < kept) list.push(violation)
  }
  const passed = brokenIn(counts) === 0
  return { acknowledged, refused, ...counts, passed, violations: [...faults, ...noFaults].slice(0, kept) }
}

/** The violations that an inspection found, then those that an audit finds. */
export async function* afterInspection(
  inspected: Iterable<Violation> | AsyncIterable<Violation>,
  audit: AsyncIterable<Violation>,
): AsyncGenerator<Violation> {
  yield* inspected
  yield* audit
}

/** The findings of an audit in words, with the bookings that it rests on: a single request leaves no ledger. */
export function auditPhrase(audit: AuditResult, hasLedger: boolean, onDatabase = false): string {
  const { acknowledged, oversold, inconsistent = 0, isolation } = audit
  if (isolation) return judgedPhrase(isolation)
  if (onDatabase) return `${formatCount(acknowledged)} changes acknowledged: ${foundInTables(audit)}`
  if (hasLedger) return `${formatCount(acknowledged)} bookings acknowledged: ${foundByAudit(audit)}`
  return `the tables by themselves, since no booking of a single request is written down: ${oversoldPhrase(oversold)}, ${formatCount(inconsistent)} inconsistent`
}

/** The counts of an audit in words; rare kinds of violations are named only where there are some. */
export function foundByAudit(audit: AuditResult): string {
  const { lost, duplicate, oversold, inconsistent = 0, refusedCommitted = 0 } = audit
  return [
    `${formatCount(lost)} lost, ${formatCount(duplicate)} doubled, ${oversoldPhrase(oversold)}`,
    ...(inconsistent > 0 ? [`${formatCount(inconsistent)} inconsistent`] : []),
    ...(refusedCommitted > 0 ? [`${formatCount(refusedCommitted)} stored though refused`] : []),
  ].join(', ')
}

/** The same of a load on the database itself, where nothing is sold. */
function foundInTables({ lost, duplicate, inconsistent = 0, refusedCommitted = 0 }: AuditResult): string {
  return [
    `${formatCount(lost)} lost, ${formatCount(duplicate)} doubled, ${formatCount(inconsistent)} inconsistent`,
    ...(refusedCommitted > 0 ? [`${formatCount(refusedCommitted)} stored though not committed`] : []),
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
