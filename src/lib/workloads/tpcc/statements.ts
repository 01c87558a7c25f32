import { sqlFor } from '../shared/sql-text.ts'
import type { DatabaseResult, Row, StatementValue } from '../../ports/database-client.ts'
import type { TransactionUser } from '../../ports/database-user.ts'

/** A statement of a transaction, to be sent with its values. */
export type TpccStatement = (
  transaction: Pick<TransactionUser, 'query'>,
  ...parameters: StatementValue[]
) => Promise<DatabaseResult>

/** Makes statements of one engine, out of texts with `?` for each value. `locks` keeps others from the rows until the end. */
export type StatementMaker = (step: string, text: string, options?: { readonly locks: true }) => TpccStatement

/**
 * The statements of an engine. Each transaction takes the locks that it needs by `for update`, but for SQLite, where one
 * that writes keeps all others from writing.
 */
export function statementsOf(engine: string): StatementMaker {
  const lock = engine === 'sqlite' ? '' : ' for update'
  return (step, text, options) => {
    const sql = sqlFor(engine, options?.locks ? `${text}${lock}` : text)
    return (transaction, ...parameters) => transaction.query({ step, sql, parameters })
  }
}

/** So many placeholders with commas. */
export function placeholders(count: number): string {
  return Array<string>(count).fill('?').join(', ')
}

/** The one row of an answer. Throws Error where there is none: rows of the filling are gone. */
export function rowOf({ rows: [row] }: DatabaseResult, table: string, key: string): Row {
  if (row === undefined) throw new Error(`${table} has no row for ${key}: was it changed by somebody else?`)
  return row
}

/** Now, as a column of times takes it. */
export function timeText(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '000')
}
