import type { Report } from '../../record/record.ts'
import { auditDigest } from './audit-digest.ts'
import type { Digest } from './digest.ts'
import { insertBenchDigest } from './insert-bench-digest.ts'
import { loadDigest } from './load-digest.ts'
import { seedDigest } from './seed-digest.ts'

/** What people read of a report, whatever was run. */
export function digestOf(report: Report): Digest {
  if (report.kind === 'load') return loadDigest(report)
  if (report.kind === 'insert-bench') return insertBenchDigest(report)
  return report.kind === 'seed' ? seedDigest(report) : auditDigest(report)
}
