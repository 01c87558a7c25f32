import { formatCount, formatDuration, formatLatency, formatNumber, formatTable, plain } from '../../base/format.ts'
import { levelText } from '../../load/limits/level-text.ts'
import type { LimitRecord } from '../../record/record.ts'

type Boundary = NonNullable<LimitRecord['held']>

/** The highest load that held a limit, on one line. */
export function limitLine(limit: LimitRecord): string {
  return `limit      ${plain(limitPhrase(limit))}`
}

/** The highest load that held a limit. */
export function limitPhrase({ expression, raised, held, failed }: LimitRecord): string {
  const end = failed ? `${formatCount(failed.level)} do not ${times(failed)}` : 'no higher load was measured'
  if (held) return `${levelOf(held, raised)} ${expression} ${times(held)}, ${end}`
  return failed
    ? `not even ${levelOf(failed, raised)} ${expression} ${times(failed)}`
    : 'not found, because no trial came to its end'
}

function levelOf(boundary: Boundary, raised: LimitRecord['raised']): string {
  return `${levelText(boundary, raised)} ${boundary.level === 1 ? 'holds' : 'hold'}`
}

function times({ held, trials }: Boundary): string {
  return `(held in ${held} of ${trials} ${trials === 1 ? 'trial' : 'trials'})`
}

/** A row for each trial. */
export function trialTable(limit: LimitRecord): string {
  const { head, rows, numeric } = trialRows(limit)
  return formatTable(head, rows, numeric)
}

/** The trials as text in columns; `numeric` are those of numbers. */
export function trialRows({ raised, trials }: LimitRecord) {
  // Most searches have none.
  const withErrors = trials.some(({ errors = 0 }) => errors > 0)
  const head = [
    raised === 'request rate' ? 'rate' : raised,
    'length',
    'requests',
    'failures',
    ...(withErrors ? ['errors'] : []),
    'skipped',
    'req/s',
    'p50',
    'p95',
    'p99',
    'outcome',
  ]
  const rows = trials.map(
    ({ level, seconds, requests, failures, errors = 0, skipped, rps, p50, p95, p99, outcome, decided = false }) => [
      formatCount(level),
      formatDuration(seconds * 1000),
      formatCount(requests),
      formatCount(failures),
      ...(withErrors ? [formatCount(errors)] : []),
      formatCount(skipped),
      formatNumber(rps),
      ...[p50, p95, p99].map(formatLatency),
      decided ? `${outcome}, ended early` : outcome,
    ],
  )
  return { head, rows, numeric: head.slice(0, -1).map((_, column) => column) }
}
