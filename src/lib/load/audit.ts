import type { AuditResult } from '../reports/record.ts'
import type { Violation } from '../workloads/workload.ts'

/** Violations that a report carries in full; the counts cover all. */
const shownViolations = 20

const counterOf = {
  lost: 'lost',
  duplicate: 'duplicate',
  oversold: 'oversold',
  'unknown-committed': 'unknownCommitted',
} as const

/** Counts what a workload's audit finds among `acknowledged` bookings. */
export async function auditLedger(violations: AsyncIterable<Violation>, acknowledged: number): Promise<AuditResult> {
  const counts = { lost: 0, duplicate: 0, oversold: 0, unknownCommitted: 0 }
  const shown: Violation[] = []
  for await (const violation of violations) {
    counts[counterOf[violation.kind]]++
    if (violation.kind !== 'unknown-committed' && shown.length < shownViolations) shown.push(violation)
  }
  const passed = counts.lost + counts.duplicate + counts.oversold === 0
  return { acknowledged, ...counts, passed, violations: shown }
}
