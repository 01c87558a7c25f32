import { formatCount, formatDuration, formatLatency, formatNumber, formatShare, upperFirst } from '../../base/format.ts'
import { levelText } from '../../load/engine/model.ts'
import { loadFaults } from '../../load/metrics/load-verdict.ts'
import type { LimitRecord, LoadReport, ThresholdRecord } from '../../record/record.ts'
import { auditAnswer, failedAuditAnswer } from './audit-answers.ts'
import type { Answer, Line } from './document.ts'
import { durabilityAnswers } from './run-facts.ts'
import { sendsOne } from './load-figures.ts'

/** Whether a threshold was met; without samples it never is. */
export function isMet({ passed, actual }: ThresholdRecord): boolean {
  return passed && actual !== null
}

const shares: ReadonlySet<string> = new Set(['failures', 'errors', 'skipped'])

/** Formats the measured value of a threshold's metric. */
export function formatActual({ metric, actual }: ThresholdRecord): string {
  if (actual === null) return 'never measured'
  if (shares.has(metric)) return formatShare(actual)
  if (/time|^steps/.test(metric)) return formatLatency(actual)
  return Number.isInteger(actual) ? formatCount(actual) : formatNumber(actual)
}

/** Is the run to be believed, were bookings lost, were the thresholds met? */
export function loadAnswers(report: LoadReport): Answer[] {
  const { load, limit, audit, auditFailure, thresholds } = report
  const faults = loadFaults(report)
  return [
    ...(faults.length > 0 ? [faultyAnswer(faults)] : []),
    validAnswer(report, faults.length > 0 || load.requests === 0),
    auditFailure === undefined
      ? auditAnswer(audit, { hasLedger: !sendsOne(load), onDatabase: !/^https?:/.test(load.target) })
      : failedAuditAnswer(auditFailure),
    thresholdAnswer(thresholds),
    ...(limit ? [limitAnswer(limit)] : []),
    ...(load.interrupted ? [stoppedAnswer(formatDuration(load.seconds * 1000))] : []),
    ...durabilityAnswers(report.environment),
  ]
}

function stoppedAnswer(after: string): Answer {
  return {
    question: 'Complete?',
    grade: 'bad',
    answer: 'Stopped before its time',
    detail: `It ended after ${after}.`,
    lines: [{ label: 'stopped', tone: 'bad', text: `before its time, after ${after}` }],
  }
}

function limitAnswer(limit: LimitRecord): Answer {
  const phrase = limitPhrase(limit)
  return {
    question: 'How much does it hold?',
    grade: limit.held ? 'plain' : 'bad',
    answer: limit.held ? `${levelText(limit.held, limit.raised)} held the limit` : 'No load held the limit',
    detail: `${phrase}.`,
    lines: [{ label: 'limit', text: phrase }],
  }
}

type Boundary = NonNullable<LimitRecord['held']>

/** The highest load that held a limit. */
export function limitPhrase({ expression, raised, held, failed }: LimitRecord): string {
  const end = failed ? `${formatCount(failed.level)} do not ${heldTimes(failed)}` : 'no higher load was measured'
  const levelOf = (boundary: Boundary) =>
    `${levelText(boundary, raised)} ${boundary.level === 1 ? 'holds' : 'hold'} ${expression} ${heldTimes(boundary)}`
  if (held) return `${levelOf(held)}, ${end}`
  return failed ? `not even ${levelOf(failed)}` : 'not found, because no trial came to its end'
}

function heldTimes({ held, trials }: Boundary): string {
  return `(held in ${held} of ${trials} ${trials === 1 ? 'trial' : 'trials'})`
}

function faultyAnswer(faults: readonly string[]): Answer {
  return {
    question: 'Did it work?',
    grade: 'bad',
    answer: 'The load failed',
    detail: upperFirst(`${faults.join('; ')}.`),
    lines: faults.map((text) => ({ label: 'FAILED', tone: 'bad', text })),
  }
}

/** Nothing that failed is called valid, nor is what ended before its first request. */
function validAnswer(report: LoadReport, provesNothing: boolean): Answer {
  const { valid, reasons, advice } = report.generator
  if (!valid) {
    const lost = report.load.workers?.some((worker) => worker.lost !== undefined) ?? false
    const complaint = lost ? 'Not all of the load was made' : 'The load generator itself was the bottleneck'
    const [first = '', ...others] = [...reasons, ...(advice === undefined ? [] : [advice])]
    return {
      question: 'Valid?',
      grade: 'bad',
      answer: 'Not valid',
      detail: `${complaint}: ${reasons.join('; ')}.${advice === undefined ? '' : ` ${advice}`}`,
      lines: [{ label: 'NOT VALID', tone: 'bad', text: first }, ...others.map((text) => ({ label: '', text }))],
    }
  }
  const health = healthPhrase(report)
  const detail = `The load generator kept up: ${health}.`
  if (provesNothing) {
    const lines = [{ label: 'generator', text: `it kept up (${health})` }]
    return { question: 'Did the generator keep up?', grade: 'plain', answer: 'It kept up', detail, lines }
  }
  const lines: Line[] = [{ label: 'valid', tone: 'good', text: `the generator kept up (${health})` }]
  return { question: 'Valid?', grade: 'good', answer: 'Valid', detail, lines }
}

/** How the busiest part of the load generator fared. */
function healthPhrase(report: LoadReport): string {
  const { cpuPercent, eventLoopLagP99, longestStallMs = 0, maxRssMb } = report.generator
  const still = longestStallMs > 0 ? `, still for ${formatLatency(longestStallMs)} at most` : ''
  return `${busiestPhrase(report)}${formatNumber(cpuPercent)}% of a core, event loop ${formatLatency(eventLoopLagP99)} late at p99${still},${sentLate(report.load)} ${formatCount(maxRssMb)} MB`
}

/** The number of threads or workers of which the figures of the generator are the worst; empty for a single one. */
function busiestPhrase({ load: { workers = [] }, generator: { threads = [] } }: LoadReport): string {
  if (workers.length > 0) return `the busiest of ${formatCount(workers.length)} workers: `
  return threads.length > 1 ? `the busiest of ${formatCount(threads.length)} threads: ` : ''
}

/** Lateness that no response time contains, as long as it is only that of timers. */
function sentLate({ lateStartP50 = null }: LoadReport['load']): string {
  return lateStartP50 === null ? '' : ` requests ${formatLatency(lateStartP50)} late at p50,`
}

/** Whether the limits that were asked for were held. */
export function thresholdAnswer(thresholds: readonly ThresholdRecord[]): Answer {
  const question = 'Thresholds met?'
  const missed = thresholds.filter((threshold) => !isMet(threshold))
  const all = formatCount(thresholds.length)
  const lines = thresholds.map((threshold): Line => {
    const word = isMet(threshold)
      ? ({ label: 'met', tone: 'good' } as const)
      : ({ label: 'NOT MET', tone: 'bad' } as const)
    return { ...word, text: `${threshold.expression} (was ${formatActual(threshold)})` }
  })
  if (thresholds.length === 0) {
    const detail = 'None were asked for with --threshold.'
    return { question, grade: 'plain', answer: 'No thresholds set', detail, lines }
  }
  if (missed.length === 0) {
    const met = thresholds.map(({ expression }) => expression).join(', ')
    return { question, grade: 'good', answer: `${all} of ${all} thresholds met`, detail: `${met}.`, lines }
  }
  const named = missed.map((threshold) => `${threshold.expression} (was ${formatActual(threshold)})`).join(', ')
  const answer = `${formatCount(missed.length)} of ${all} thresholds not met`
  return { question, grade: 'bad', answer, detail: `${named}.`, lines }
}
