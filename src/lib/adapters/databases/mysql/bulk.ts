import { failure } from '../../../base/errors/errors.ts'
import type { AnyLayout, Block, BulkLoader, InsertStrategy } from '../../../ports/database.ts'
import { endStatements } from '../sql/block-end.ts'
import { insertChunkSql } from '../sql/insert-chunk.ts'
import type { Statements } from '../sql/statements.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import type { MysqlConnections, MysqlSession, Stored } from './connection.ts'
import { isConstraintViolation } from './errors.ts'
import type { Flavour } from './flavour.ts'

/** The ways in, fastest first. */
export function mysqlStrategies(
  connections: MysqlConnections,
  statements: Statements,
  durability: string,
  { nextIsolation, noLoadData }: Flavour,
): InsertStrategy[] {
  const isolation = nextIsolation ? 'read committed' : undefined
  const open = (insert: InsertBlock) => openLoader(connections, statements, insert, isolation)
  return [
    {
      name: 'load-data',
      durability,
      unavailable: async () => noLoadData ?? whyNoLoadData(connections),
      open: async (layout) => open((session, block) => loadData(session, layout, block)),
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) => open((session, block) => insertRows(session, layout, block)),
    },
  ]
}

/** The server says no with an error that has no code, and only once a file is offered; so it is asked before. */
async function whyNoLoadData(connections: MysqlConnections): Promise<string | null> {
  return connections.withSession(async (session) => {
    const [row] = await session.query({ sql: 'select @@local_infile as allowed', parameters: [] })
    return Number(row?.['allowed']) === 1 ? null : 'the server has local_infile=0'
  })
}

type InsertBlock = (session: MysqlSession, block: Block) => Promise<Stored>

function openLoader(
  connections: MysqlConnections,
  statements: Statements,
  insert: InsertBlock,
  isolation: 'read committed' | undefined,
): BulkLoader {
  return {
    async load(block, end) {
      await connections.transaction(async (session) => {
        const { rows, warnings } = await insertOrRefuse(insert, session, block)
        // LOAD DATA skips duplicates and bad foreign keys without an error.
        if (rows !== block.rows || warnings > 0) {
          throw failure('rows-differ', { sent: block.rows, stored: rows, warnings })
        }
        for (const statement of endStatements(statements, end)) await session.execute(statement)
      }, isolation)
    },
    close: async () => {},
  }
}

/** A row that breaks a key or a reference fails its whole INSERT; of the block nothing is kept. */
async function insertOrRefuse(insert: InsertBlock, session: MysqlSession, block: Block): Promise<Stored> {
  try {
    return await insert(session, block)
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 }, error)
  }
}

async function loadData(session: MysqlSession, layout: AnyLayout, block: Block): Promise<Stored> {
  const columns = layout.fields.map(({ column }) => `\`${column}\``).join(', ')
  const sql =
    `load data local infile 'rows' into table \`${layout.table.name}\` character set binary ` +
    String.raw`fields terminated by '\t' escaped by '' lines terminated by '\n' ` +
    `(${columns})`
  return session.loadData(sql, bytesOf(block))
}

function* bytesOf(block: Block): Generator<Buffer> {
  for (const { bytes } of block.chunks()) yield bytes
}

async function insertRows(session: MysqlSession, layout: AnyLayout, block: Block): Promise<Stored> {
  const total = { rows: 0, warnings: 0 }
  for (const chunk of block.chunks()) {
    const { rows, warnings } = await session.insertText(insertChunkSql(mysqlDialect, layout, chunk))
    total.rows += rows
    total.warnings += warnings
  }
  return total
}
