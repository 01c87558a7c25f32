import { formatCount, formatDuration, formatLatency, formatNumber, formatTable, plain } from './format.ts'
import type { LoadReport } from './record.ts'

type LimitFound = NonNullable<LoadReport['limit']>
type Boundary = NonNullable<LimitFound['held']>

/** The highest load that held a limit, on one line. */
export function limitLine(limit: LimitFound): string {
  return `limit      ${plain(limitPhrase(limit))}`
}

/** The highest load that held a limit. */
export function limitPhrase({ expression, raised, held, failed }: LimitFound): string {
  const end = failed ? `${formatCount(failed.level)} do not ${times(failed)}` : 'no higher load was measured'
  if (held) return `${levelOf(held, raised)} ${expression} ${times(held)}, ${end}`
  return failed
    ? `not even ${levelOf(failed, raised)} ${expression} ${times(failed)}`
    : 'not found, because no trial came to its end'
}

function levelOf({ level }: Boundary, raised: LimitFound['raised']): string {
  const one = level === 1
  const what = raised === 'rate' ? `${one ? 'iteration' : 'iterations'} a second` : one ? 'user' : 'users'
  return `${formatCount(level)} ${what} ${one ? 'holds' : 'hold'}`
}

function times({ held, trials }: Boundary): string {
  return `(held in ${held} of ${trials} ${trials === 1 ? 'trial' : 'trials'})`
}

/** A row for each trial. */
export function trialTable(limit: LimitFound): string {
  const { head, rows, numeric } = trialRows(limit)
  return formatTable(head, rows, numeric)
}

/** The trials as text in columns; `numeric` are those of numbers. */
export function trialRows({ raised, trials }: LimitFound) {
  // Most searches have none.
  const withErrors = trials.some(({ errors = 0 }) => errors > 0)
  const head = [
    raised === 'rate' ? 'rate' : 'users',
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
    ({ level, seconds, requests, failures, errors = 0, skipped, rps, p50, p95, p99, outcome }) => [
      formatCount(level),
      formatDuration(seconds * 1000),
      formatCount(requests),
      formatCount(failures),
      ...(withErrors ? [formatCount(errors)] : []),
      formatCount(skipped),
      formatNumber(rps),
      ...[p50, p95, p99].map(formatLatency),
      outcome,
    ],
  )
  return { head, rows, numeric: head.slice(0, -1).map((_, column) => column) }
}
