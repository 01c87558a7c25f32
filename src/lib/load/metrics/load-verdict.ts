import { countOf, formatCount, formatShare } from '../../base/format.ts'
import type { LoadRecord, LoadReport } from '../../record/record.ts'

/** The figures that decide whether a load measured anything. */
export type LoadFigures = Pick<
  LoadRecord,
  'requests' | 'failures' | 'failureReasons' | 'iterations' | 'errors' | 'errorReasons' | 'interrupted'
>

/** Iterations that may throw where no threshold says how many, as a share of all. */
export const errorsAllowed = 0.01

/** Reasons that are named in full. */
const namedReasons = 3

/** Iterations whose scenario threw. Reports that do not count them have them among the reasons of failures. */
export function errorsOf({ errors, failures, failureReasons }: LoadFigures): number {
  return errors ?? Math.max(0, sumOf(failureReasons) - failures)
}

/** Errors as a share of the iterations that began; null where none did. */
export function errorShare(load: LoadFigures): number | null {
  const { iterations = 0 } = load
  return iterations > 0 ? Math.min(1, errorsOf(load) / iterations) : null
}

/**
 * Why the figures of a load prove nothing, however fast the generator was: no request was made, every one failed, or
 * more than 1% of the iterations threw; `limitsErrors` says that a threshold decides the last. Empty for a load that
 * did what it was to do, and for one that was ended before its first request.
 */
export function judgeLoad(load: LoadFigures, limitsErrors: boolean): string[] {
  const { requests, failures, failureReasons, interrupted } = load
  const reasons: string[] = []
  if (requests === 0 && !interrupted) reasons.push('nothing was measured: no request was made')
  if (requests > 0 && failures === requests) reasons.push(`every request failed: ${mostGiven(failureReasons)}`)
  return [...reasons, ...(limitsErrors ? [] : judgeErrors(load))]
}

function judgeErrors(load: LoadFigures): string[] {
  const { iterations = 0, errorReasons = {} } = load
  const errors = errorsOf(load)
  if (errors <= iterations * errorsAllowed) return []
  const share = errorShare(load)
  const thrown = Object.keys(errorReasons).length > 0 ? `: ${mostGiven(errorReasons)}` : ''
  return [
    `${formatCount(errors)} of ${countOf(iterations, 'iteration')} threw (${share === null ? '' : `${formatShare(share)}; `}more than 1% fails a run unless a threshold such as errors<5% allows it)${thrown}`,
  ]
}

/** Why the load of a report proves nothing; empty for one that does. */
export function loadFaults({ load, thresholds }: LoadReport): readonly string[] {
  if (load.verdict) return load.verdict.reasons
  return judgeLoad(
    load,
    thresholds.some(({ metric }) => metric === 'errors'),
  )
}

function mostGiven(reasons: Readonly<Record<string, number>>): string {
  const all = Object.entries(reasons).sort(([, a], [, b]) => b - a)
  const named = all.slice(0, namedReasons).map(([reason]) => reason)
  return all.length > named.length ? `${named.join(', ')} and others` : named.join(', ')
}

function sumOf(reasons: Readonly<Record<string, number>>): number {
  return Object.values(reasons).reduce((sum, times) => sum + times, 0)
}
