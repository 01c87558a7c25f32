import { foundByAudit } from '../audit/audit-result.ts'
import { loadFaults } from '../load/metrics/load-verdict.ts'
import type { Report } from '../record/record.ts'

/** Why the figures of a run say nothing of the system: the load generator could not keep up. Null where it did. */
export function whyNotValid(report: Report): string | null {
  if (report.kind !== 'load' || report.generator.valid) return null
  return `the run is not valid: ${report.generator.reasons.join('; ')}`
}

/**
 * Lists faults of the system that was measured, whatever its figures are. In a run that is not valid only a
 * failed audit counts: a booking that was lost is lost, while all else may be the generator's doing.
 */
export function faultsOf(report: Report): string[] {
  if (report.kind === 'seed') return []
  if (report.kind === 'insert-bench') return report.interrupted ? [stopped] : []
  const faults: string[] = []
  if (report.audit && !report.audit.passed) faults.push(`the audit failed: ${foundByAudit(report.audit)}`)
  if (report.kind === 'audit' || !report.generator.valid) return faults
  if (report.auditFailure !== undefined) faults.push(`the audit could not be made: ${report.auditFailure}`)
  const broken = loadFaults(report).map((reason) => `it did not do what it was to do: ${reason}`)
  return [...faults, ...broken, ...(report.load.interrupted ? [stopped] : [])]
}

/** Limits that were asked for and that a valid run did not hold. */
export function missedThresholds(report: Report): string[] {
  if (report.kind !== 'insert-bench' && (report.kind !== 'load' || !report.generator.valid)) return []
  return (report.thresholds ?? [])
    .filter(({ passed, actual }) => !passed || actual === null)
    .map(({ expression }) => `the threshold ${expression} was not met`)
}

const stopped = 'the run was stopped before its time'

/** A run by its side and the time at which it began. */
export function nameRun(side: string, { startedAt }: Report): string {
  return `${side} of ${startedAt}`
}
