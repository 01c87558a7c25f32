import { failure } from '../../../base/errors/errors.ts'
import type { AnyLayout, Block, BulkLoader, InsertStrategy } from '../../../ports/database.ts'
import { endStatements } from '../sql/block-end.ts'
import { postgresDialect } from '../sql/dialect.ts'
import { insertChunkSql } from '../sql/insert-chunk.ts'
import type { Statements } from '../sql/statements.ts'
import type { PostgresConnections, PostgresSession } from './connection.ts'
import { isConstraintViolation } from './errors.ts'

/** The ways in, fastest first. */
export function postgresStrategies(
  connections: PostgresConnections,
  statements: Statements,
  settings: string,
  deferredFlush: boolean,
): InsertStrategy[] {
  const durability = deferredFlush
    ? `${settings}; blocks do not wait for the disk, the end waits for all of them`
    : settings
  const open = (insert: InsertBlock) => openLoader(connections, statements, insert, deferredFlush)
  return [
    {
      name: 'copy',
      durability,
      unavailable: async () => null,
      async open(layout) {
        await connections.renew()
        return open((session, block) => copy(session, layout, block))
      },
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) => open((session, block) => insertRows(session, layout, block)),
    },
  ]
}

/** Stores a block and returns how many of its rows were. */
type InsertBlock = (session: PostgresSession, block: Block) => Promise<number>

function openLoader(
  connections: PostgresConnections,
  statements: Statements,
  insert: InsertBlock,
  deferredFlush: boolean,
): BulkLoader {
  return {
    async load(block, end) {
      await connections.transaction(async (session) => {
        if (deferredFlush) await session.execute({ sql: 'set local synchronous_commit = off', parameters: [] })
        const stored = await insertOrRefuse(insert, session, block)
        if (stored !== block.rows) throw failure('rows-differ', { sent: block.rows, stored, warnings: 0 })
        for (const statement of endStatements(statements, end)) await session.execute(statement)
      })
    },
    // A commit that waits for the disk waits for all that were made before it; without a change it would not wait.
    async close() {
      if (!deferredFlush) return
      await connections.transaction(async (session) => {
        await session.query({ sql: "select pg_logical_emit_message(true, 'rushbench', '')", parameters: [] })
      })
    },
  }
}

/** A row that breaks a key or a reference fails the whole block. */
async function insertOrRefuse(insert: InsertBlock, session: PostgresSession, block: Block): Promise<number> {
  try {
    return await insert(session, block)
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 }, error)
  }
}

/** The encoded rows are COPY's text format as they are: tabs between columns, and no backslash in them. */
function copy(session: PostgresSession, layout: AnyLayout, block: Block): Promise<number> {
  const columns = layout.fields.map(({ column }) => `"${column}"`).join(', ')
  return session.copy(`copy "${layout.table.name}" (${columns}) from stdin`, bytesOf(block))
}

function* bytesOf(block: Block): Generator<Buffer> {
  for (const { bytes } of block.chunks()) yield bytes
}

async function insertRows(session: PostgresSession, layout: AnyLayout, block: Block): Promise<number> {
  let stored = 0
  for (const chunk of block.chunks()) {
    stored += await session.execute({ sql: insertChunkSql(postgresDialect, layout, chunk), parameters: [] })
  }
  return stored
}
