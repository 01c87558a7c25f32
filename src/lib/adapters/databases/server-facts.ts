/** A table as its server keeps it. Sizes in bytes; null where the server does not tell. */
export interface TableFacts {
  readonly name: string
  /** As the server estimates them, or counts them where it does. */
  readonly rows: number | null
  /** Without the indexes; with the primary key where rows are kept in its order. */
  readonly bytes: number | null
  readonly indexBytes: number | null
  readonly indexes: readonly { readonly name: string; readonly bytes: number | null }[]
  /** What it has beside what `migrate` makes; left out where there is nothing, or nobody looked. */
  readonly extras?: readonly string[]
  /** How it differs from what `migrate` makes, a sentence each; left out like `extras`. */
  readonly differences?: readonly string[]
}

/** Connections of others, of one user and program. */
export interface ConnectedFacts {
  readonly who: string
  readonly connections: number
}

/** What a DBA asks of a server first, as it was when it was asked. What it has not, or does not tell, is left out. */
export interface ServerFacts {
  /** As the server names and writes them, the most important first. */
  readonly settings: Readonly<Record<string, string>>
  readonly tables: readonly TableFacts[]
  /** In a few words; null where it does not tell. */
  readonly replication: string | null
  /** Null where it does not tell. */
  readonly others: readonly ConnectedFacts[] | null
}

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
