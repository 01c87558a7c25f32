import { lists, registers } from './tables.ts'

/** The statements of one engine, each with the id of a key, and what is written. */
export interface IsolationStatements {
  readonly readList: string
  readonly append: string
  readonly readRegister: string
  readonly write: string
}

/** Engines whose SQL these are. */
export const engines = ['sqlite', 'mysql', 'mariadb', 'postgres'] as const

/** The statements in the SQL of an engine. A key's first write makes its row: there is nothing to be filled before. */
export function statementsFor(engine: string): IsolationStatements {
  const [id, written] = engine === 'postgres' ? ['$1', '$2'] : ['?', '?']
  const reads = {
    readList: `select elements from ${lists.name} where id = ${id}`,
    readRegister: `select value from ${registers.name} where id = ${id}`,
  }
  const append = `insert into ${lists.name} (id, elements) values (${id}, ${written})`
  const write = `insert into ${registers.name} (id, value) values (${id}, ${written})`
  if (engine === 'mysql' || engine === 'mariadb') {
    return {
      ...reads,
      append: `${append} on duplicate key update elements = concat(elements, ',', values(elements))`,
      write: `${write} on duplicate key update value = values(value)`,
    }
  }
  return {
    ...reads,
    append: `${append} on conflict (id) do update set elements = ${lists.name}.elements || ',' || excluded.elements`,
    write: `${write} on conflict (id) do update set value = excluded.value`,
  }
}
