import type { BlockEnd } from '../port.ts'
import type { Statement, Statements } from './statements.ts'

/** What stores a block's end. */
export function endStatements(statements: Statements, { recount, receipt }: BlockEnd): Statement[] {
  return [
    ...(recount ? [statements.recount(recount.counter, recount.range)] : []),
    ...(receipt ? [statements.insert(receipt.table, receipt.rows)] : []),
  ]
}
