import { formatCount } from '../../base/format.ts'
import type { AuditReport } from '../../record/record.ts'
import { auditAnswer, durabilityAnswers } from './answers.ts'
import { headlineOf, section, type Answer, type Digest, type Section, type Table } from './digest.ts'
import { runFacts, runSections } from './run-facts.ts'
import { violationSections } from './violations.ts'

/** An audit for people. */
export function auditDigest(report: AuditReport): Digest {
  const { audit, ledgers, environment } = report
  const answers = [auditAnswer(audit), ledgerAnswer(ledgers), ...durabilityAnswers(environment)]
  return {
    kind: 'Audit',
    ...headlineOf(answers),
    subject: `${formatCount(audit.acknowledged)} acknowledged bookings against ${environment.engine} ${environment.engineVersion}`,
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
  }
}

type Ledgers = AuditReport['ledgers']

function ledgerAnswer(ledgers: Ledgers): Answer {
  const torn = ledgers.filter((ledger) => ledger.torn).length
  const cut =
    torn > 0 ? ` In ${formatCount(torn)} the last line was cut off when the load was killed, and is left out.` : ''
  const more = ledgers.filter(({ refusalsCut }) => refusalsCut).length
  const left = more > 0 ? ` In ${formatCount(more)} there were more refusals than the ledger has.` : ''
  return {
    question: 'Held against what?',
    verdict: 'plain',
    answer:
      ledgers.length === 0
        ? 'No ledger'
        : `${formatCount(ledgers.length)} ${ledgers.length === 1 ? 'ledger' : 'ledgers'}`,
    detail:
      ledgers.length === 0
        ? 'Only the slots were looked at: nothing is known of bookings that were lost or doubled.'
        : `What the API acknowledged and refused was read from there.${cut}${left}`,
  }
}

function ledgerSections(ledgers: Ledgers): Section[] {
  if (ledgers.length === 0) return []
  const table: Table = {
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
