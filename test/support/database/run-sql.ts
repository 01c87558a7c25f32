import { DatabaseSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'

/** Runs statements as another program would. */
export async function runSql(url: string, statements: readonly string[]): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const file = new DatabaseSync(url.slice('sqlite:'.length), { enableForeignKeyConstraints: false })
    for (const sql of statements) file.exec(sql)
    file.close()
  } else if (url.startsWith('mysql:')) {
    const connection = await createConnection(url)
    for (const sql of statements) await connection.query(sql)
    await connection.end()
  } else {
    const client = new Client({ connectionString: url })
    await client.connect()
    try {
      for (const sql of statements) await client.query(sql)
    } finally {
      await client.end()
    }
  }
}
