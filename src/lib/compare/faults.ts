import { foundByAudit } from '../reports/audit-found.ts'
import { loadFaults } from '../reports/load-verdict.ts'
import type { Report } from '../reports/record.ts'

/** Why a report's figures must not be trusted, whatever they are; `side` names it. */
export function faultsOf(side: string, report: Report): string[] {
  const stopped = `the ${side} was stopped before its time`
  if (report.kind === 'insert-bench') return report.interrupted ? [stopped] : []
  if (report.kind === 'seed') return []
  const faults: string[] = []
  if (report.audit && !report.audit.passed) {
    faults.push(`the ${side}'s audit failed: ${foundByAudit(report.audit)}`)
  }
  if (report.kind === 'audit') return faults
  if (!report.generator.valid) faults.push(`the ${side} is not a valid run: ${report.generator.reasons.join('; ')}`)
  for (const reason of loadFaults(report)) faults.push(`the ${side} did not do what it was to do: ${reason}`)
  if (report.auditFailure !== undefined) faults.push(`the ${side} could not be audited: ${report.auditFailure}`)
  if (report.load.interrupted) faults.push(stopped)
  return faults
}
