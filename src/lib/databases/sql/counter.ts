import type { Counter, KeyRange } from '../port.ts'
import type { SqlDialect } from './dialect.ts'
import type { Statement } from './statements.ts'

/** Sets the counters of the parents in `range` to capacity - children. */
export function recountStatement(dialect: SqlDialect, counter: Counter, range: KeyRange): Statement {
  const { builder } = dialect
  const { parent, child } = counter
  const text = builder
    .updateTable(parent.name)
    .set(({ eb, ref, selectFrom }) => ({
      [counter.counter]: eb(
        ref(counter.capacity),
        '-',
        selectFrom(child.name)
          .select(({ fn }) => fn.countAll().as('children'))
          .whereRef(`${child.name}.${counter.reference}`, '=', `${parent.name}.${parent.primaryKey}`),
      ),
    }))
    .where(parent.primaryKey, '>=', range.from)
    .where(parent.primaryKey, '<=', range.to)
    .compile().sql
  return { sql: text, parameters: [range.from, range.to] }
}
