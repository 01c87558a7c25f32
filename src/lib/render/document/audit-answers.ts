import { auditPhrase, brokenIn, firstOf } from '../../audit/audit-result.ts'
import { formatCount, upperFirst } from '../../base/format.ts'
import type { AuditResult } from '../../record/record.ts'
import { isolationAnswer, isolationSections } from './isolation-answers.ts'
import { section, type Answer, type Line, type Section } from './document.ts'

const question = 'Every booking kept?'

/** Options that decide how an audit is shown. */
interface AuditView {
  /** Bookings were written down. */
  readonly hasLedger: boolean
  /** Statements were sent to a database itself. */
  readonly onDatabase?: boolean
  /** A screen names bookings that were stored without an answer as well, which are no fault. */
  readonly withUnknown?: boolean
}

/** The result of an audit; without a ledger, that of the invariants alone. */
export function auditAnswer(
  audit: AuditResult | null,
  { hasLedger, withUnknown = false, onDatabase = false }: AuditView,
): Answer {
  if (!audit) {
    const [reason, hint] = onDatabase
      ? ['nobody has said what must hold of the tables', 'the setting audit says so']
      : ['the database behind the target is not known', 'name it with --db']
    return {
      question,
      grade: 'plain',
      answer: 'Not audited',
      detail: `${upperFirst(reason)}; ${hint}.`,
      lines: [{ label: 'no audit', tone: 'faint', text: `${reason} (${hint})` }],
    }
  }
  if (audit.isolation) return isolationAnswer(audit.isolation, audit.passed)
  const unknown =
    audit.unknownCommitted > 0 ? ` ${formatCount(audit.unknownCommitted)} were stored without an answer.` : ''
  return {
    question,
    grade: audit.passed ? 'good' : 'bad',
    answer: audit.passed ? 'Audit passed' : 'Audit failed',
    detail: `${upperFirst(auditPhrase(audit, hasLedger, onDatabase))}.${unknown}`,
    lines: [auditLine(audit, hasLedger, onDatabase), ...violationLines(audit, withUnknown)],
  }
}

/** That there is no audit, and why. */
export function failedAuditAnswer(reason: string): Answer {
  return {
    question,
    grade: 'bad',
    answer: 'Could not be audited',
    detail: `${reason}.`,
    lines: [{ label: 'NO AUDIT', tone: 'bad', text: reason }],
  }
}

function auditLine(audit: AuditResult, hasLedger: boolean, onDatabase: boolean): Line {
  const unknown = audit.unknownCommitted > 0 ? `, ${formatCount(audit.unknownCommitted)} stored without an answer` : ''
  const word = audit.passed
    ? ({ label: 'audit ok', tone: 'good' } as const)
    : ({ label: 'AUDIT', tone: 'bad' } as const)
  return { ...word, text: `${auditPhrase(audit, hasLedger, onDatabase)}${unknown}` }
}

function violationLines(audit: AuditResult, withUnknown: boolean): Line[] {
  const shown = audit.violations.filter(({ kind }) => withUnknown || kind !== 'unknown-committed')
  const part = firstOf(shown.length, brokenIn(audit) + (withUnknown ? audit.unknownCommitted : 0))
  return [
    ...shown.map(({ kind, key, detail }) => ({ label: '', text: `${kind}: ${key}, ${detail}` })),
    ...(part === null ? [] : [{ label: '', text: `(${part}${withUnknown ? '; --json shows all' : ''})` }]),
  ]
}

/** A section on the violations, where there are any. */
export function violationSections(audit: AuditResult | null): Section[] {
  if (audit?.isolation) return isolationSections(audit.isolation)
  if (!audit || audit.violations.length === 0) return []
  const rows = audit.violations.map(({ kind, key, detail }) => [kind, key, detail])
  const table = { head: ['found', 'booking or slot', 'expected and found'], rows, numeric: [] }
  const part = firstOf(rows.length, brokenIn(audit) + audit.unknownCommitted)
  return [section(`Audit findings${part === null ? '' : `, ${part}`}`, { table, depth: 'brief' })]
}
