import { brokenIn, firstOf } from '../../audit/audit-found.ts'
import type { AuditResult } from '../../record/record.ts'
import { section, type Section } from './digest.ts'

/** What the audit found, where it found something. */
export function violationSections(audit: AuditResult | null): Section[] {
  if (!audit || audit.violations.length === 0) return []
  const rows = audit.violations.map(({ kind, key, detail }) => [kind, key, detail])
  const table = { head: ['found', 'booking or slot', 'expected and found'], rows, numeric: [] }
  const part = firstOf(rows.length, brokenIn(audit) + audit.unknownCommitted)
  return [section(`Audit findings${part === null ? '' : `, ${part}`}`, { table, depth: 'brief' })]
}
