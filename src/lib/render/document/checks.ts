import { upperFirst } from '../../base/format.ts'
import { loadFaults } from '../../load/metrics/load-verdict.ts'
import type { AuditResult, InsertBenchReport, LoadReport, SeedReport } from '../../record/record.ts'
import { firstOf, counterOf } from '../../audit/audit-result.ts'
import { formatActual, isMet, limitPhrase } from './answers.ts'
import type { Check } from './document.ts'

/** The checks of a seeding. */
export function seedChecks(report: SeedReport): Check[] {
  return [completeCheck(report.kind, false, report.seconds), verifiedCheck(report)]
}

/** The checks of an insert benchmark. */
export function insertBenchChecks({ kind, interrupted = false, thresholds = [] }: InsertBenchReport): Check[] {
  return [completeCheck(kind, interrupted, 0), ...thresholdChecks(kind, thresholds)]
}

function verifiedCheck({ kind, verified }: SeedReport): Check {
  const name = 'every row is as it was seeded'
  return { group: kind, name, failure: null, ...(verified ? {} : { skipped: 'not asked for with --verify' }) }
}

/** The checks of a load. */
export function loadChecks(report: LoadReport): Check[] {
  const { kind, load, limit, generator, audit, auditFailure, thresholds } = report
  return [
    completeCheck(kind, load.interrupted, load.seconds),
    {
      group: kind,
      name: 'requests were answered, and iterations did not throw',
      failure: loadFaults(report).join('; ') || null,
    },
    { group: kind, name: 'the load generator kept up', failure: generator.valid ? null : whyNotValid(generator) },
    ...(auditFailure === undefined
      ? auditChecks(audit, true)
      : [{ group: 'audit', name: 'the audit was made', failure: auditFailure }]),
    ...(limit
      ? [{ group: kind, name: `a load holds ${limit.expression}`, failure: limit.held ? null : limitPhrase(limit) }]
      : []),
    ...thresholdChecks(kind, thresholds),
  ]
}

function thresholdChecks(kind: string, thresholds: LoadReport['thresholds']): Check[] {
  return thresholds.map((threshold) => ({
    group: `${kind}.thresholds`,
    name: threshold.expression,
    failure: isMet(threshold) ? null : `was ${formatActual(threshold)}`,
  }))
}

function whyNotValid({ reasons, advice }: LoadReport['generator']): string {
  return `${reasons.join('; ')}.${advice === undefined ? '' : ` ${advice}`}`
}

function completeCheck(kind: string, interrupted: boolean, seconds: number): Check {
  return { group: kind, name: 'it ran to its end', failure: interrupted ? 'stopped before its time' : null, seconds }
}

const promises = [
  ['no acknowledged booking is lost', 'lost'],
  ['no booking is doubled', 'duplicate'],
  ['nothing is oversold', 'oversold'],
  ['nothing is inconsistent', 'inconsistent'],
  ['no refused booking is stored', 'refused-committed'],
] as const

/** A check for each promise; skipped where nothing is known: without an audit, or of single bookings without any on file. */
export function auditChecks(audit: AuditResult | null, hasLedger: boolean): Check[] {
  return promises.map(([name, kind]) => {
    const common = { group: 'audit', name }
    if (!audit) return { ...common, failure: null, skipped: 'the database behind the target is not known' }
    const count = audit[counterOf[kind]] ?? 0
    const word = kind === 'oversold' ? 'oversold or with a wrong stock' : kind
    if (count > 0) return { ...common, failure: `${count} ${word}. ${detailsOf(kind, count, audit)}` }
    const skipped = whySkipped(kind, audit, hasLedger)
    return { ...common, failure: null, ...(skipped === null ? {} : { skipped }) }
  })
}

function whySkipped(kind: (typeof promises)[number][1], audit: AuditResult, hasLedger: boolean): string | null {
  if (kind === 'oversold' || kind === 'inconsistent') return null
  if (!hasLedger) return 'there was no ledger'
  if (kind === 'refused-committed') return audit.refused ? null : 'the ledger has no booking that was refused'
  return audit.acknowledged === 0 ? 'no booking was acknowledged, so that none could be lost or doubled' : null
}

function detailsOf(kind: (typeof promises)[number][1], count: number, { violations }: AuditResult): string {
  const found = violations.filter(
    (violation) => counterOf[violation.kind as keyof typeof counterOf] === counterOf[kind],
  )
  const part = firstOf(found.length, count)
  const lead = part === null || found.length === 0 ? '' : `${upperFirst(part)}: `
  return lead + found.map(({ key, detail }) => `${key}: ${detail}`).join('; ')
}
