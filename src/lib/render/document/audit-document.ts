import { countOf, formatCount } from '../../base/format.ts'
import type { AuditReport } from '../../record/record.ts'
import { auditAnswer, violationSections } from './audit-answers.ts'
import { auditChecks } from './checks.ts'
import {
  headlineOf,
  section,
  type Answer,
  type Document,
  type Line,
  type Section,
  type DocumentTable,
} from './document.ts'
import { connectionLines, durabilityAnswers, durabilityLines, runFacts, runSections } from './run-facts.ts'

type Ledger = AuditReport['ledgers'][number]

/** Returns the document of an audit. */
export function auditDocument(report: AuditReport): Document {
  const { audit, ledgers, environment } = report
  const onDatabase = ledgers.length > 0 && ledgers.every(({ target }) => !/^https?:/.test(target))
  const answers = [
    auditAnswer(audit, { hasLedger: true, withUnknown: true, onDatabase }),
    ledgerAnswer(ledgers),
    ...durabilityAnswers(environment),
  ]
  return {
    kind: 'Audit',
    ...headlineOf(answers),
    subject: `${formatCount(audit.acknowledged)} acknowledged ${onDatabase ? 'changes' : 'bookings'} against ${environment.engine} ${environment.engineVersion}`,
    ...runFacts(report),
    answers,
    figures: [
      { label: 'acknowledged', value: formatCount(audit.acknowledged), note: '' },
      { label: 'lost', value: formatCount(audit.lost), note: '' },
      { label: 'doubled', value: formatCount(audit.duplicate), note: '' },
      { label: 'oversold', value: formatCount(audit.oversold), note: 'or with a wrong stock' },
      { label: 'inconsistent', value: formatCount(audit.inconsistent ?? 0), note: '' },
      { label: 'stored though refused', value: formatCount(audit.refusedCommitted ?? 0), note: '' },
      { label: 'stored without an answer', value: formatCount(audit.unknownCommitted), note: 'no fault' },
    ],
    sections: [...violationSections(audit), ...ledgerSections(ledgers), ...runSections(report)],
    screen: [
      [...answers.flatMap(({ lines }) => lines), ...durabilityLines(environment), ...connectionLines(environment)],
    ],
    checks: auditChecks(audit, ledgers.length > 0),
    data: [],
  }
}

function ledgerAnswer(ledgers: readonly Ledger[]): Answer {
  const common = { question: 'Checked against what?', grade: 'plain' } as const
  if (ledgers.length === 0)
    return {
      ...common,
      answer: 'No ledger',
      detail: 'Only the slots were looked at: nothing is known of bookings that were lost or doubled.',
      lines: [
        {
          label: 'no ledger',
          text: 'nothing is known of bookings that were lost or doubled (name one with --ledger)',
        },
      ],
    }
  const torn = ledgers.filter((ledger) => ledger.torn).length
  const cut =
    torn > 0 ? ` In ${formatCount(torn)} the last line was cut off when the load was killed, and is left out.` : ''
  const more = ledgers.filter(({ refusalsCut }) => refusalsCut).length
  const left = more > 0 ? ` In ${formatCount(more)} there were more refusals than the ledger has.` : ''
  const isEmpty = ledgers.every(({ booked, unknown }) => booked + unknown === 0)
  const empty = 'no booking is in the ledgers: nothing is known of bookings that were lost or doubled'
  return {
    ...common,
    answer: countOf(ledgers.length, 'ledger'),
    detail: `What the API acknowledged and refused was read from there.${cut}${left}`,
    lines: [...(isEmpty ? [{ text: empty }] : []), ...ledgers.flatMap(ledgerLines)],
  }
}

function ledgerLines(ledger: Ledger): Line[] {
  const { file, run, target, startedAt, booked, unknown, failed, conflict = 0, refusalsCut, torn } = ledger
  const counts = `${formatCount(booked)} booked, ${formatCount(unknown)} unknown, ${formatCount(failed)} failed`
  const further = [
    `run ${run} on ${target}, begun ${startedAt}`,
    ...(refusalsCut ? ['there were more refusals than these: nothing is known of the others'] : []),
    ...(torn ? ['its last line was cut off when the load was killed, and is left out'] : []),
  ]
  return [
    { label: 'ledger', text: `${file}: ${counts}, ${formatCount(conflict)} refused` },
    ...further.map((text) => ({ label: '', text })),
  ]
}

function ledgerSections(ledgers: readonly Ledger[]): Section[] {
  if (ledgers.length === 0) return []
  const table: DocumentTable = {
    head: ['ledger', 'target', 'begun', 'booked', 'unknown', 'failed', 'refused'],
    rows: ledgers.map(({ file, target, startedAt, booked, unknown, failed, conflict = 0 }) => [
      file,
      target,
      startedAt,
      ...[booked, unknown, failed, conflict].map(formatCount),
    ]),
    numeric: [3, 4, 5, 6],
  }
  return [section('Ledgers', { table, depth: 'brief' })]
}
