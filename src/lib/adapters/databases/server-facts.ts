import type { ConnectedFacts } from '../../ports/database-facts.ts'

/** A number of bytes that a server has written as a text or a number; null for what is none. */
export function bytesOf(value: unknown): number | null {
  if (value === null || value === undefined) return null
  const bytes = Number(value)
  return Number.isFinite(bytes) && bytes >= 0 ? bytes : null
}

/** Rows of `select who, count(*) as connections` as facts. */
export function connectedOf(rows: readonly Readonly<Record<string, unknown>>[]): ConnectedFacts[] {
  return rows.map(({ who, connections }) => ({ who: String(who), connections: Number(connections) }))
}

/** `bytes` of a setting in the unit that people set it in: 134217728 as `128 MiB`. What was measured is formatted as any other size. */
export function withUnit(bytes: string): string {
  const number = Number(bytes)
  const step = [
    { unit: 'GiB', size: 2 ** 30 },
    { unit: 'MiB', size: 2 ** 20 },
    { unit: 'KiB', size: 2 ** 10 },
  ].find(({ size }) => number >= size && number % size === 0)
  return step ? `${number / step.size} ${step.unit}` : bytes
}
