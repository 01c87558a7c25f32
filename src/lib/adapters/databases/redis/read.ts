import { ignoreFailure } from '../../../base/abort.ts'
import type { AnyTable, Value } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { createFilter } from './conditions.ts'
import { codeOf } from './errors.ts'
import { planRead, type Question, type ReadPlans } from './read-plans.ts'
import { readScript, type ReadAnswer, type ReadPlan } from './read-scripts.ts'
import { createRowReader } from './rows.ts'

/** Rows in one answer: a millisecond or two of the server. */
const rowsPerPage = 500

/** Rows of one page that meet the conditions. */
export interface Page {
  readonly rows: readonly Record<string, Value>[]
  /** All pages together come in the order asked for. */
  readonly isOrdered: boolean
}

/** The table that is read, and how. */
export interface Reading extends Question {
  /** All of the table's when it is left out. */
  readonly columns?: readonly string[]
  /** Rows that are needed, when they come in order. */
  readonly limit?: number | undefined
}

/**
 * Reads the rows that meet the conditions, a page at a time: each page as it was at one moment, all of them only as they
 * were meanwhile. An index that is not there is done without.
 */
export async function* readPages(connection: RedisConnection, table: AnyTable, reading: Reading): AsyncGenerator<Page> {
  let begun = false
  try {
    for await (const page of followPlans(connection, table, reading, planRead(table, reading))) {
      begun = true
      yield page
    }
  } catch (error) {
    if (begun || codeOf(error) !== 'INDEXGONE') throw error
    const without = { ...reading, indexes: [] }
    yield* followPlans(connection, table, without, planRead({ ...table, unique: [] }, without))
  }
}

async function* followPlans(
  connection: RedisConnection,
  table: AnyTable,
  { terms, columns = Object.keys(table.columns), limit }: Reading,
  { plans, isOrdered }: ReadPlans,
): AsyncGenerator<Page> {
  const filter = createFilter(table, terms)
  const wanted = [...new Set([...columns, ...terms.map(([column]) => column)])]
  // Where few are needed, a few more make up for those that do not match.
  const rows = isOrdered && limit !== undefined ? Math.min(rowsPerPage, Math.max(limit, 50)) : rowsPerPage
  for (const plan of plans) {
    for await (const [stored, , texts] of answersTo(connection, table, plan, rows, limit === undefined)) {
      const toRow = createRowReader(table, wanted, stored)
      const found = (JSON.parse(texts) as string[][]).map(toRow).filter(filter)
      yield { rows: found, isOrdered }
    }
  }
}

/** While one page is made use of, the next is on its way, where all are wanted. */
async function* answersTo(
  connection: RedisConnection,
  table: AnyTable,
  plan: ReadPlan,
  rows: number,
  ahead: boolean,
): AsyncGenerator<ReadAnswer> {
  const text = JSON.stringify(plan)
  const ask = (after: string) => connection.run<ReadAnswer>(readScript, [table.name, text, after, String(rows)])
  let asked: Promise<ReadAnswer> | null = ask('')
  while (asked) {
    const answer: ReadAnswer = await asked
    const next: string | null = answer[1]
    asked = next !== null && ahead ? ask(next) : null
    // Nobody may wait for it any more.
    if (asked) void ignoreFailure(asked)
    yield answer
    if (next !== null) asked ??= ask(next)
  }
}
