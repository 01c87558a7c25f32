import { upperFirst } from '../../base/format.ts'
import { limitPhrase } from '../terminal/limit-text.ts'
import { loadFaults } from '../../load/metrics/load-verdict.ts'
import type { AuditResult, LoadReport, Report, SeedReport } from '../../record/record.ts'
import { firstOf } from '../../audit/audit-found.ts'
import { counterOf } from '../../audit/result.ts'
import { formatActual, isMet } from '../document/answers.ts'
import { junitXml, type JUnitCase } from './junit-xml.ts'

/** A report as JUnit XML: a case for the run itself, for each line of the audit and for each threshold. */
export function junitReport(report: Report): string {
  return junitXml({ name: `rushbench ${report.kind}`, timestamp: report.startedAt, cases: casesOf(report) })
}

function casesOf(report: Report): JUnitCase[] {
  if (report.kind === 'load') return loadCases(report)
  if (report.kind === 'audit') return auditCases(report.audit, report.ledgers.length > 0)
  if (report.kind === 'insert-bench')
    return [
      completeCase(report.kind, report.interrupted ?? false, 0),
      ...thresholdCases(report.kind, report.thresholds ?? []),
    ]
  return [completeCase(report.kind, false, report.seconds), verifiedCase(report)]
}

function verifiedCase({ kind, verified }: SeedReport): JUnitCase {
  const name = 'every row is as it was seeded'
  return { group: kind, name, failure: null, ...(verified ? {} : { skipped: 'not asked for with --verify' }) }
}

function loadCases(report: LoadReport): JUnitCase[] {
  const { kind, load, limit, generator, audit, auditFailure, thresholds } = report
  return [
    completeCase(kind, load.interrupted, load.seconds),
    {
      group: kind,
      name: 'requests were answered, and iterations did not throw',
      failure: loadFaults(report).join('; ') || null,
    },
    { group: kind, name: 'the load generator kept up', failure: generator.valid ? null : whyNotValid(generator) },
    ...(auditFailure === undefined
      ? auditCases(audit, true)
      : [{ group: 'audit', name: 'the audit was made', failure: auditFailure }]),
    ...(limit
      ? [{ group: kind, name: `a load holds ${limit.expression}`, failure: limit.held ? null : limitPhrase(limit) }]
      : []),
    ...thresholdCases(kind, thresholds),
  ]
}

function thresholdCases(kind: string, thresholds: LoadReport['thresholds']): JUnitCase[] {
  return thresholds.map((threshold) => ({
    group: `${kind}.thresholds`,
    name: threshold.expression,
    failure: isMet(threshold) ? null : `was ${formatActual(threshold)}`,
  }))
}

function whyNotValid({ reasons, advice }: LoadReport['generator']): string {
  return `${reasons.join('; ')}.${advice === undefined ? '' : ` ${advice}`}`
}

function completeCase(kind: string, interrupted: boolean, seconds: number): JUnitCase {
  return { group: kind, name: 'it ran to its end', failure: interrupted ? 'stopped before its time' : null, seconds }
}

const promises = [
  ['no acknowledged booking is lost', 'lost'],
  ['no booking is doubled', 'duplicate'],
  ['nothing is oversold', 'oversold'],
  ['nothing is inconsistent', 'inconsistent'],
  ['no refused booking is stored', 'refused-committed'],
] as const

/** A case for each promise; skipped where nothing is known: without an audit, or of single bookings without any on file. */
function auditCases(audit: AuditResult | null, hasLedger: boolean): JUnitCase[] {
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
