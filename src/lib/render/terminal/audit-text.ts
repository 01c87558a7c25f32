import { brokenIn, firstOf } from '../../audit/audit-found.ts'
import { connectionLines } from '../../adapters/databases/connection-text.ts'
import { durabilityLines } from './durability-text.ts'
import { formatCount, plain } from '../../base/format.ts'
import type { AuditReport } from '../../record/record.ts'
import { auditLine, violationLines, type Paint } from './text.ts'

/** An audit for people: the verdict, the rows concerned, and what it was held against. */
export function auditSummary({ audit, ledgers, environment }: AuditReport, paint: Paint): string {
  return [
    auditLine(audit, paint),
    ...violationLines(audit.violations),
    ...leftOut(audit),
    ...ledgerLines(ledgers),
    ...durabilityLines(environment),
    ...connectionLines(environment),
  ].join('\n')
}

function leftOut(audit: AuditReport['audit']): string[] {
  const part = firstOf(audit.violations.length, brokenIn(audit) + audit.unknownCommitted)
  return part === null ? [] : [`           (${part}; --json shows all)`]
}

function ledgerLines(ledgers: AuditReport['ledgers']): string[] {
  if (ledgers.length === 0)
    return ['no ledger  nothing is known of bookings that were lost or doubled (name one with --ledger)']
  const isEmpty = ledgers.every(({ booked, unknown }) => booked + unknown === 0)
  const empty = isEmpty ? ['no booking is in the ledgers: nothing is known of bookings that were lost or doubled'] : []
  return [...empty, ...ledgers.flatMap(linesOf)]
}

function linesOf(ledger: AuditReport['ledgers'][number]): string[] {
  const { file, run, target, startedAt, booked, unknown, failed, conflict = 0, refusalsCut, torn } = ledger
  const counts = `${formatCount(booked)} booked, ${formatCount(unknown)} unknown, ${formatCount(failed)} failed`
  return [
    `ledger     ${plain(file)}: ${counts}, ${formatCount(conflict)} refused`,
    `           run ${plain(run)} on ${plain(target)}, begun ${plain(startedAt)}`,
    ...(refusalsCut ? [`           there were more refusals than these: nothing is known of the others`] : []),
    ...(torn ? ['           its last line was cut off when the load was killed, and is left out'] : []),
  ]
}
