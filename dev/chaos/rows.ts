import { DatabaseSync } from 'node:sqlite'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { createClient } from 'redis'

/** A row as texts, in the order of the columns that were asked for. */
export type Row = readonly string[]

/** Reads all rows of a table. It knows nothing of rushbench but the names, since it is to say whether rushbench is right. */
export type ReadRows = (table: string, columns: readonly string[]) => Promise<Row[]>

/** Opens a database by its engine's own client, does `work` with it, and closes it. */
export async function withRows<T>(
  url: string,
  work: (read: ReadRows, execute: ((sql: string) => Promise<unknown>) | null) => Promise<T>,
): Promise<T> {
  const [scheme] = url.split(':', 1) as [string]
  const opened = await openers[scheme as keyof typeof openers](url)
  try {
    return await work(async (table, columns) => {
      const rows = await opened.read(table, columns)
      return rows.map((row) => row.map(String))
    }, opened.execute ?? null)
  } finally {
    await opened.close()
  }
}

interface Opened {
  read(table: string, columns: readonly string[]): Promise<readonly (readonly unknown[])[]>
  /** Where SQL is spoken. */
  execute?(sql: string): Promise<unknown>
  close(): Promise<unknown>
}

const select = (table: string, columns: readonly string[], quote = ''): string =>
  `select ${columns.map((column) => `${quote}${column}${quote}`).join(', ')} from ${table}`

const openers = {
  async sqlite(url: string): Promise<Opened> {
    const database = new DatabaseSync(url.slice('sqlite:'.length))
    return {
      async read(table, columns) {
        const rows = database.prepare(select(table, columns, '"')).all()
        return rows.map((row) => columns.map((column) => row[column]))
      },
      execute: async (sql) => database.exec(sql),
      close: async () => database.close(),
    }
  },
  async mysql(url: string): Promise<Opened> {
    const connection = await createConnection({ uri: url, rowsAsArray: true })
    return {
      read: async (table, columns) => (await connection.query(select(table, columns, '`')))[0] as unknown[][],
      execute: (sql) => connection.query(sql),
      close: () => connection.end(),
    }
  },
  async postgres(url: string): Promise<Opened> {
    const client = new Client({ connectionString: url })
    await client.connect()
    return {
      async read(table, columns) {
        const { rows } = await client.query({ text: select(table, columns, '"'), rowMode: 'array' })
        return rows as unknown[][]
      },
      execute: (sql) => client.query(sql),
      close: () => client.end(),
    }
  },
  async mongodb(url: string): Promise<Opened> {
    const client = new MongoClient(url)
    return {
      async read(table, columns) {
        const [key = ''] = await keysOf(client, table, columns)
        const documents = await client.db().collection(table).find({}).toArray()
        return documents.map((document) => columns.map((column) => document[column === key ? '_id' : column]))
      },
      close: () => client.close(),
    }
  },
  async redis(url: string): Promise<Opened> {
    const client = createClient({ url })
    await client.connect()
    return {
      async read(table, columns) {
        const { columns: all } = JSON.parse((await client.hGet('rushbench:tables', table)) ?? '{"columns":[]}') as {
          columns: string[]
        }
        const rows = await client.hVals(`rushbench:table:${table}`)
        return rows.map((row) => columns.map((column) => (JSON.parse(row) as unknown[])[all.indexOf(column)]))
      },
      close: async () => client.destroy(),
    }
  },
}

/** The key is kept as `_id`: it is the column that no document has. */
async function keysOf(client: MongoClient, table: string, columns: readonly string[]): Promise<string[]> {
  const document = await client.db().collection(table).findOne({})
  return document ? columns.filter((column) => !(column in document)) : []
}
