import type { AuditResult } from '../reports/record.ts'
import type { Violation } from '../workloads/workload.ts'

const counterOf = {
  lost: 'lost',
  duplicate: 'duplicate',
  oversold: 'oversold',
  inconsistent: 'inconsistent',
  'unknown-committed': 'unknownCommitted',
} as const

/** Counts what an audit finds among `acknowledged` bookings, and keeps `kept` in full: what is no fault stands last. */
export async function collectViolations(
  violations: AsyncIterable<Violation>,
  acknowledged: number,
  kept: number,
): Promise<AuditResult> {
  const counts = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, unknownCommitted: 0 }
  const faults: Violation[] = []
  const noFaults: Violation[] = []
  for await (const violation of violations) {
    counts[counterOf[violation.kind]]++
    const list = violation.kind === 'unknown-committed' ? noFaults : faults
    if (list.length < kept) list.push(violation)
  }
  const passed = counts.lost + counts.duplicate + counts.oversold + counts.inconsistent === 0
  return { acknowledged, ...counts, passed, violations: [...faults, ...noFaults].slice(0, kept) }
}

/** What an inspection found, then what an audit finds. */
export async function* afterInspection(
  inspected: Iterable<Violation> | AsyncIterable<Violation>,
  audit: AsyncIterable<Violation>,
): AsyncGenerator<Violation> {
  yield* inspected
  yield* audit
}
