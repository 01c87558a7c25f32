import type { Report } from '../../record/record.ts'
import { auditDocument } from './audit-document.ts'
import type { Document } from './document.ts'
import { insertBenchDocument } from './insert-bench-document.ts'
import { loadDocument } from './load-document.ts'
import { seedDocument } from './seed-document.ts'

/** What is shown of a report. `original` stands beside the figures of a load or an insert benchmark unless null. */
export function documentOf(report: Report, original: string | null = null): Document {
  if (report.kind === 'load') return loadDocument(report, original)
  if (report.kind === 'insert-bench') return insertBenchDocument(report, original)
  return report.kind === 'seed' ? seedDocument(report) : auditDocument(report)
}
