import { failure } from '../../errors.ts'
import type { AnyLayout, BulkLoader, EncodedRows, InsertStrategy } from '../port.ts'
import { recountStatement } from '../sql/counter.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import type { MysqlConnections, MysqlSession } from './connection.ts'
import { isConstraintViolation } from './errors.ts'

/** Rows in one text INSERT. */
const rowsPerStatement = 1000
/** What is handed to the socket at once, bytes. */
const chunkBytes = 64 * 1024

/** The ways in, fastest first. */
export function mysqlStrategies(connections: MysqlConnections, durability: string): InsertStrategy[] {
  return [
    {
      name: 'load-data',
      durability,
      unavailable: () => whyNoLoadData(connections),
      open: async (layout) => openLoader(connections, (session, block) => loadData(session, layout, block)),
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connections, (session, block) => insertRows(session, layout, block)),
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

interface Stored {
  readonly rows: number
  readonly warnings: number
}

type InsertBlock = (session: MysqlSession, block: EncodedRows) => Promise<Stored>

function openLoader(connections: MysqlConnections, insert: InsertBlock): BulkLoader {
  return {
    async load(block, counter, range) {
      const recount = recountStatement(mysqlDialect, counter, range)
      await connections.transaction(async (session) => {
        const { rows, warnings } = await insertOrRefuse(insert, session, block)
        // LOAD DATA skips duplicates and bad foreign keys without an error.
        if (rows !== block.rows || warnings > 0) {
          throw failure('rows-differ', { sent: block.rows, stored: rows, warnings })
        }
        await session.execute(recount)
      })
    },
    close: async () => {},
  }
}

/** A row that breaks a key or a reference fails its whole INSERT; of the block nothing is kept. */
async function insertOrRefuse(insert: InsertBlock, session: MysqlSession, block: EncodedRows): Promise<Stored> {
  try {
    return await insert(session, block)
  } catch (error) {
    if (!isConstraintViolation(error)) throw error
    throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 }, error)
  }
}

function columnList(layout: AnyLayout): string {
  return layout.fields.map(({ column }) => `\`${column}\``).join(', ')
}

async function loadData(session: MysqlSession, layout: AnyLayout, { bytes }: EncodedRows): Promise<Stored> {
  const sql =
    `load data local infile 'rows' into table \`${layout.table.name}\` character set binary ` +
    String.raw`fields terminated by '\t' escaped by '' lines terminated by '\n' ` +
    `(${columnList(layout)})`
  const header = await session.loadData(sql, slices(bytes))
  return { rows: header.affectedRows, warnings: header.warningStatus }
}

function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/** Our encoded rows hold no quote and no backslash, so that they can stand in the text as they are. */
async function insertRows(session: MysqlSession, layout: AnyLayout, { bytes, rows }: EncodedRows): Promise<Stored> {
  let stored = 0
  let warnings = 0
  for (let first = 0; first < rows; first += rowsPerStatement) {
    const tuples: string[] = []
    for (let row = first; row < Math.min(rows, first + rowsPerStatement); row++) {
      const cells = layout.fields.map(({ offset, width }) => {
        const at = row * layout.rowBytes + offset
        return `'${bytes.toString('latin1', at, at + width)}'`
      })
      tuples.push(`(${cells.join(',')})`)
    }
    const sql = `insert into \`${layout.table.name}\` (${columnList(layout)}) values ${tuples.join(',')}`
    const header = await session.execute({ sql, parameters: [] })
    stored += header.affectedRows
    warnings += header.warningStatus
  }
  return { rows: stored, warnings }
}
