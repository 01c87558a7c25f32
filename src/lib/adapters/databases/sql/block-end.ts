import type { BlockEnd, CounterChange } from '../../../ports/database.ts'
import type { Statement, Statements } from './statements.ts'

/** What stores a block's end. */
export function endStatements(statements: Statements, { counted, receipt }: BlockEnd): Statement[] {
  return [
    ...(counted ? counterStatements(statements, counted) : []),
    ...(receipt ? [statements.insert(receipt.table, receipt.rows)] : []),
  ]
}

/** One statement for all parents that got the same number of rows: mostly one or two for a block. */
function counterStatements(statements: Statements, { counter, parents }: CounterChange): Statement[] {
  const byRows = Map.groupBy(parents, ({ rows }) => rows)
  return Array.from(byRows, ([rows, same]) => {
    const keys = { [counter.parent.primaryKey]: { in: same.map(({ key }) => key) } }
    return statements.update(counter.parent, keys, { [counter.counter]: { add: -rows } })
  })
}
