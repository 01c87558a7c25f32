import { sql } from 'kysely'
import { failure } from '../../../base/errors/errors.ts'
import type { AnyTable } from '../../../ports/database.ts'
import { createIndexSql, dropIndexSql, referenceName } from '../sql/ddl.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import { plain } from '../sql/pool.ts'
import type { MysqlConnections, MysqlSession } from './connection.ts'

const { builder } = mysqlDialect

/** Drops the table's references and then the indexes that InnoDB keeps for them. */
export async function dropIndexes(connections: MysqlConnections, table: AnyTable): Promise<void> {
  await connections.withSession(async (session) => {
    const { indexes, references } = await findPresent(session, table)
    for (const { column } of table.references) {
      const name = referenceName(table, column)
      if (references.has(name))
        await run(session, sql`alter table ${sql.table(table.name)} drop foreign key ${sql.ref(name)}`)
    }
    for (const text of dropIndexSql(mysqlDialect, table, indexes)) await session.execute(plain(text))
  })
}

/** Makes the indexes, then the references. */
export async function createIndexes(connections: MysqlConnections, table: AnyTable): Promise<void> {
  await connections.withSession(async (session) => {
    const { indexes, references } = await findPresent(session, table)
    for (const text of createIndexSql(mysqlDialect, table, indexes)) await session.execute(plain(text))
    for (const reference of table.references) {
      if (!references.has(referenceName(table, reference.column))) await addReference(session, table, reference)
    }
  })
}

/**
 * With the checks on, InnoDB copies the whole table to add a reference. With them off it takes the rows on trust, so
 * they are looked through before.
 */
async function addReference(
  session: MysqlSession,
  table: AnyTable,
  { column, table: parent, key }: AnyTable['references'][number],
): Promise<void> {
  const child = sql.table(table.name)
  const [row] = await run(
    session,
    sql`select count(*) as orphans from ${child} as child left join ${sql.table(parent)} as parent on parent.${sql.ref(key)} = child.${sql.ref(column)} where parent.${sql.ref(key)} is null`,
  )
  const orphans = Number(row?.['orphans'])
  if (orphans > 0) throw failure('rows-orphaned', { rows: orphans, table: table.name, parent })
  await session.execute(plain('set session foreign_key_checks = 0'))
  try {
    await run(
      session,
      sql`alter table ${child} add constraint ${sql.ref(referenceName(table, column))} foreign key (${sql.ref(column)}) references ${sql.table(parent)} (${sql.ref(key)})`,
    )
  } finally {
    await session.execute(plain('set session foreign_key_checks = 1'))
  }
}

async function findPresent(session: MysqlSession, { name }: AnyTable) {
  const indexes = await session.query({
    sql: 'select distinct index_name as name from information_schema.statistics where table_schema = database() and table_name = ?',
    parameters: [name],
  })
  const references = await session.query({
    sql: 'select constraint_name as name from information_schema.referential_constraints where constraint_schema = database() and table_name = ?',
    parameters: [name],
  })
  return {
    indexes: new Set(indexes.map((row) => row['name'])),
    references: new Set(references.map((row) => row['name'])),
  }
}

function run(session: MysqlSession, text: ReturnType<typeof sql>) {
  return session.query(plain(text.compile(builder).sql))
}
