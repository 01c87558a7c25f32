import { auditPhrase } from '../../audit/audit-found.ts'
import { notDurable } from '../terminal/durability-text.ts'
import { formatCount, formatDuration, formatLatency, formatNumber, formatShare, upperFirst } from '../../base/format.ts'
import { levelText } from '../../load/limits/level-text.ts'
import { limitPhrase } from '../terminal/limit-text.ts'
import { loadFaults } from '../../load/metrics/load-verdict.ts'
import type { AuditResult, LimitRecord, LoadReport, Report, ThresholdRecord } from '../../record/record.ts'
import { sendsOne } from '../terminal/single-request.ts'
import { healthPhrase } from '../terminal/workers-text.ts'
import type { Answer } from './digest.ts'

/** Whether a threshold was met; without samples it never is. */
export function isMet({ passed, actual }: ThresholdRecord): boolean {
  return passed && actual !== null
}

const shares: ReadonlySet<string> = new Set(['failures', 'errors', 'skipped'])

/** What a threshold's metric was, as text. */
export function formatActual({ metric, actual }: ThresholdRecord): string {
  if (actual === null) return 'never measured'
  if (shares.has(metric)) return formatShare(actual)
  if (/time|^steps/.test(metric)) return formatLatency(actual)
  return Number.isInteger(actual) ? formatCount(actual) : formatNumber(actual)
}

/** Is the run to be believed, were bookings lost, were the thresholds met? */
export function loadAnswers(report: LoadReport): Answer[] {
  const { load, limit, audit, auditFailure, thresholds } = report
  const stopped: Answer = {
    question: 'Complete?',
    verdict: 'bad',
    answer: 'Stopped before its time',
    detail: `It ended after ${formatDuration(load.seconds * 1000)}.`,
  }
  const faults = loadFaults(report)
  return [
    ...(faults.length > 0 ? [faultyAnswer(faults)] : []),
    validAnswer(report, faults.length > 0 || load.requests === 0),
    auditFailure === undefined ? auditAnswer(audit, !sendsOne(load)) : failedAudit(auditFailure),
    thresholdAnswer(thresholds),
    ...(limit ? [limitAnswer(limit)] : []),
    ...(load.interrupted ? [stopped] : []),
    ...durabilityAnswers(report.environment),
  ]
}

/** What a crash of the database may undo; none where that is nothing. */
export function durabilityAnswers(environment: Report['environment']): Answer[] {
  const found = notDurable(environment)
  if (found === null) return []
  return [
    {
      question: 'Durable?',
      verdict: 'plain',
      answer: upperFirst(found.verdict.toLowerCase()),
      detail: `${upperFirst(found.because)}, as its settings are (see Environment).`,
    },
  ]
}

function limitAnswer(limit: LimitRecord): Answer {
  const answer = limit.held ? `${levelText(limit.held, limit.raised)} held the limit` : 'No load held the limit'
  return {
    question: 'How much does it hold?',
    verdict: limit.held ? 'plain' : 'bad',
    answer,
    detail: `${limitPhrase(limit)}.`,
  }
}

function faultyAnswer(faults: readonly string[]): Answer {
  const detail = `${faults.join('; ')}.`
  return { question: 'Did it work?', verdict: 'bad', answer: 'The load failed', detail: upperFirst(detail) }
}

/** Nothing that failed is called valid, nor is what ended before its first request. */
function validAnswer(report: LoadReport, provesNothing: boolean): Answer {
  const { valid, reasons, advice } = report.generator
  const lost = report.load.workers?.some((worker) => worker.lost !== undefined) ?? false
  const complaint = lost ? 'Not all of the load was made' : 'The load generator itself was the bottleneck'
  const detail = valid
    ? `The load generator kept up: ${healthPhrase(report)}.`
    : `${complaint}: ${reasons.join('; ')}.${advice === undefined ? '' : ` ${advice}`}`
  if (!valid) return { question: 'Valid?', verdict: 'bad', answer: 'Not valid', detail }
  if (provesNothing) return { question: 'Did the generator keep up?', verdict: 'plain', answer: 'It kept up', detail }
  return { question: 'Valid?', verdict: 'good', answer: 'Valid', detail }
}

const keptQuestion = 'Every booking kept?'

/** What the ledger and the invariants say; null when there was no audit. */
export function auditAnswer(audit: AuditResult | null, hasLedger = true): Answer {
  const question = keptQuestion
  if (!audit) {
    const detail = 'The database behind the target is not known; name it with --db.'
    return { question, verdict: 'plain', answer: 'Not audited', detail }
  }
  const unknown =
    audit.unknownCommitted > 0 ? ` ${formatCount(audit.unknownCommitted)} were stored without an answer.` : ''
  return {
    question,
    verdict: audit.passed ? 'good' : 'bad',
    answer: audit.passed ? 'Audit passed' : 'Audit failed',
    detail: `${upperFirst(auditPhrase(audit, hasLedger))}.${unknown}`,
  }
}

function failedAudit(reason: string): Answer {
  return { question: keptQuestion, verdict: 'bad', answer: 'Could not be audited', detail: `${reason}.` }
}

/** Whether the limits that were asked for were held. */
export function thresholdAnswer(thresholds: readonly ThresholdRecord[]): Answer {
  const question = 'Thresholds met?'
  const missed = thresholds.filter((threshold) => !isMet(threshold))
  const all = formatCount(thresholds.length)
  if (thresholds.length === 0) {
    return { question, verdict: 'plain', answer: 'No thresholds set', detail: 'None were asked for with --threshold.' }
  }
  if (missed.length === 0) {
    const met = thresholds.map(({ expression }) => expression).join(', ')
    return { question, verdict: 'good', answer: `${all} of ${all} thresholds met`, detail: `${met}.` }
  }
  const named = missed.map((threshold) => `${threshold.expression} (was ${formatActual(threshold)})`).join(', ')
  return {
    question,
    verdict: 'bad',
    answer: `${formatCount(missed.length)} of ${all} thresholds not met`,
    detail: `${named}.`,
  }
}
