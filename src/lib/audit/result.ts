import type { AuditResult } from '../record/record.ts'
import type { Violation } from '../ports/workload.ts'
import { brokenIn } from './audit-found.ts'

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

/**
 * Counts what an audit finds among `acknowledged` bookings and `refused` ones, and keeps `kept` in full: what is no fault
 * stands last.
 */
export async function collectViolations(
  violations: AsyncIterable<Violation>,
  { acknowledged, refused }: { readonly acknowledged: number; readonly refused: number },
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

/** What an inspection found, then what an audit finds. */
export async function* afterInspection(
  inspected: Iterable<Violation> | AsyncIterable<Violation>,
  audit: AsyncIterable<Violation>,
): AsyncGenerator<Violation> {
  yield* inspected
  yield* audit
}
