import { formatCount, plain } from '../../base/format.ts'

/** What was tried again and why, the most frequent first: `12 deadlock (1213), 1 lock wait timeout (1205)`; null for nothing. */
export function describeRetries(retries: Readonly<Record<string, number>> = {}): string | null {
  const entries = Object.entries(retries).sort(([, a], [, b]) => b - a)
  return entries.length === 0
    ? null
    : entries.map(([reason, times]) => `${formatCount(times)} ${plain(reason)}`).join(', ')
}
