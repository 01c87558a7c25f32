import type { AnyLayout, InsertStrategy } from '../../../ports/database.ts'
import { bytesOf, sqlBulkStrategies } from '../sql/bulk.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import type { Statements } from '../sql/statements.ts'
import type { MysqlConnections } from './connection.ts'
import { isConstraintViolation } from './errors.ts'
import type { MysqlFlavour } from './flavour.ts'

/** The bulk strategies, fastest first. */
export function mysqlStrategies(
  pool: MysqlConnections,
  statements: Statements,
  durability: string,
  { nextIsolation, noLoadData }: MysqlFlavour,
): InsertStrategy[] {
  return sqlBulkStrategies({
    pool,
    statements,
    durability,
    dialect: mysqlDialect,
    native: {
      name: 'load-data',
      unavailable: async () => noLoadData ?? whyNoLoadData(pool),
      insert: (session, layout, block) => session.loadData(loadDataSql(layout), bytesOf(block)),
    },
    insertText: (session, sql) => session.insertText(sql),
    isConstraintViolation,
    // Holds for the next transaction alone.
    beforeBegin: nextIsolation ? 'set transaction isolation level read committed' : undefined,
  })
}

/** The server says no with an error that has no code, and only once a file is offered; so it is asked before. */
async function whyNoLoadData(pool: MysqlConnections): Promise<string | null> {
  const [row] = await pool.ask('select @@local_infile as allowed')
  return Number(row?.['allowed']) === 1 ? null : 'the server has local_infile=0'
}

function loadDataSql({ table, fields }: AnyLayout): string {
  const columns = fields.map(({ column }) => `\`${column}\``).join(', ')
  return (
    `load data local infile 'rows' into table \`${table.name}\` character set binary ` +
    String.raw`fields terminated by '\t' escaped by '' lines terminated by '\n' ` +
    `(${columns})`
  )
}
