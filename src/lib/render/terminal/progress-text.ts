import { formatBytes, formatCount, formatDuration, formatNumber } from '../../base/format.ts'

/** From so many a second on, the digits behind the point say nothing. */
const wholeFromPerSecond = 10

/**
 * Says how far a step has come after `elapsedMs`, how fast it goes and how long it will take: `3/20 runs, 31 s each,
 * 8 min 47 s left`. `unit` is in the plural; `bytes` are scaled.
 */
export function progressText(done: number, total: number, unit: string, elapsedMs: number): string {
  const amount = unit === 'bytes' ? `${formatBytes(done)} of ${formatBytes(total)}` : amountOf(done, total, unit)
  if (done === 0 || elapsedMs <= 0) return amount
  const left = done < total ? [`${formatDuration(((total - done) / done) * elapsedMs)} left`] : []
  return [amount, paceOf(done, unit, elapsedMs), ...left].join(', ')
}

function amountOf(done: number, total: number, unit: string): string {
  return `${formatCount(done)}/${formatCount(total)} ${total === 1 ? unit.replace(/s$/, '') : unit}`
}

/** The time that each takes where that says more than a rate would. */
function paceOf(done: number, unit: string, elapsedMs: number): string {
  const perSecond = (done / elapsedMs) * 1000
  if (unit === 'bytes') return `${formatBytes(perSecond)}/s`
  if (perSecond < 1) return `${formatDuration(elapsedMs / done)} each`
  return `${perSecond < wholeFromPerSecond ? formatNumber(perSecond) : formatCount(perSecond)} ${unit}/s`
}
