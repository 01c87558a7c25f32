import { auditSummary } from './audit-text.ts'
import { insertBenchSummary } from './insert-bench-text.ts'
import type { Report } from '../../record/record.ts'
import { loadSummary, seedSummary, type Paint } from './text.ts'

/** A report for a terminal, as it was printed at the end of its run; charts at most `width` characters wide. */
export function reportSummary(report: Report, paint: Paint, width?: number): string {
  if (report.kind === 'load') return loadSummary(report, paint, null)
  if (report.kind === 'insert-bench') return insertBenchSummary(report, '', width)
  return report.kind === 'seed' ? seedSummary(report) : auditSummary(report, paint)
}
