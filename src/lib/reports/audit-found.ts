import { formatCount } from './format.ts'
import type { AuditResult } from './record.ts'

/** What an audit counted, in words; what only some workloads have stands there only where it was found. */
export function foundByAudit({ lost, duplicate, oversold, inconsistent = 0 }: AuditResult): string {
  const found = `${formatCount(lost)} lost, ${formatCount(duplicate)} doubled, ${formatCount(oversold)} oversold`
  return inconsistent > 0 ? `${found}, ${formatCount(inconsistent)} inconsistent` : found
}
