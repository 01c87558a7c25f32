import type { DatabaseClient, Row, StatementValue } from '../../ports/database-client.ts'

/** Statements are written with `?`; PostgreSQL numbers its placeholders. No text in them may have a `?`. */
export function sqlFor(engine: string | undefined, sql: string): string {
  let number = 0
  return engine === 'postgres' ? sql.replaceAll('?', () => `$${++number}`) : sql
}

/** Gives `work` a way to ask the database, on a connection that is closed after it. */
export async function askAll<Answer>(
  client: DatabaseClient,
  work: (ask: (sql: string, parameters?: readonly StatementValue[]) => Promise<readonly Row[]>) => Promise<Answer>,
): Promise<Answer> {
  const connection = await client.open()
  try {
    return await work(async (sql, parameters = []) => {
      const { rows } = await connection.run({ sql: sqlFor(client.engine, sql), parameters })
      return rows
    })
  } finally {
    connection.close()
  }
}
