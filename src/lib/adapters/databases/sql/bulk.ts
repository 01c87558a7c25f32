import { sql } from 'kysely'
import { failure } from '../../../base/errors/errors.ts'
import type {
  AnyLayout,
  Block,
  BlockEnd,
  BulkLoader,
  CounterChange,
  EncodedRows,
  InsertStrategy,
} from '../../../ports/database.ts'
import type { SqlTransaction } from './apply.ts'
import type { SqlDialect } from './dialect.ts'
import type { SqlPool } from './pool.ts'
import type { Statement, Statements } from './statements.ts'

/** A server's response to rows. */
export interface StoredRows {
  readonly rows: number
  readonly warnings: number
}

/** The bulk strategies of one server. */
export interface BulkPaths<Session> {
  readonly pool: SqlPool<Session>
  readonly statements: Statements
  readonly dialect: SqlDialect
  /** Durability of a commit on these paths, for the report. */
  readonly durability: string
  readonly native: {
    readonly name: string
    /** Why the server forbids it; null when it does not. */
    unavailable(): Promise<string | null>
    prepare?(): Promise<void>
    insert(session: Session, layout: AnyLayout, block: Block): Promise<StoredRows>
  }
  insertText(session: Session, sql: string): Promise<StoredRows>
  isConstraintViolation(error: unknown): boolean
  /** Executed ahead of each block's BEGIN, and behind it. */
  readonly beforeBegin?: string | undefined
  readonly afterBegin?: string | undefined
  /** Makes everything durable that was loaded. */
  flush?(): Promise<void>
}

/** The bulk strategies of a server, fastest first. */
export function sqlBulkStrategies<Session extends SqlTransaction>(paths: BulkPaths<Session>): InsertStrategy[] {
  const { native, durability, dialect } = paths
  return [
    {
      name: native.name,
      durability,
      unavailable: () => native.unavailable(),
      async open(layout) {
        await native.prepare?.()
        return openLoader(paths, (session, block) => native.insert(session, layout, block))
      },
    },
    {
      name: 'multi-row-insert',
      durability,
      unavailable: async () => null,
      open: async (layout) =>
        openLoader(paths, async (session, block) => {
          let [rows, warnings] = [0, 0]
          for (const chunk of block.chunks()) {
            const stored = await paths.insertText(session, insertChunkSql(dialect, layout, chunk))
            rows += stored.rows
            warnings += stored.warnings
          }
          return { rows, warnings }
        }),
    },
  ]
}

function openLoader<Session extends SqlTransaction>(
  { pool, statements, isConstraintViolation, beforeBegin, afterBegin, flush }: BulkPaths<Session>,
  insert: (session: Session, block: Block) => Promise<StoredRows>,
): BulkLoader {
  return {
    async load(block, end) {
      await pool.transaction(async (session) => {
        if (afterBegin !== undefined) await session.execute({ sql: afterBegin, parameters: [] })
        const { rows, warnings } = await insert(session, block).catch((error: unknown) => {
          throw isConstraintViolation(error) ? rowsDiffer(block, 0, 0, error) : error
        })
        // LOAD DATA skips duplicates and bad foreign keys without an error.
        if (rows !== block.rows || warnings > 0) throw rowsDiffer(block, rows, warnings)
        for (const statement of endStatements(statements, end)) await session.execute(statement)
      }, beforeBegin)
    },
    close: async () => flush?.(),
  }
}

/** The error for a block of which nothing is kept, because a row breaks a key, a reference or a column's type. */
export function rowsDiffer(block: Block, stored: number, warnings = 0, cause?: unknown): Error {
  return failure('rows-differ', { sent: block.rows, stored, warnings }, cause)
}

/** A block's rows as one file. */
export function* bytesOf(block: Block): Generator<Buffer> {
  for (const { bytes } of block.chunks()) yield bytes
}

/**
 * One INSERT that holds the chunk's values as text: the bulk strategy where a server forbids its native one. Encoded rows
 * have no quote and no backslash, so that they can stand in the text as they are.
 */
function insertChunkSql({ builder }: SqlDialect, layout: AnyLayout, { bytes, rows }: EncodedRows): string {
  const columns = sql.join(layout.fields.map(({ column }) => sql.ref(column)))
  const head = sql`insert into ${sql.table(layout.table.name)} (${columns}) values `.compile(builder).sql
  const tuples: string[] = []
  for (let row = 0; row < rows; row++) {
    const cells = layout.fields.map(({ offset, width }) => {
      const at = row * layout.rowBytes + offset
      return `'${bytes.toString('latin1', at, at + width)}'`
    })
    tuples.push(`(${cells.join(',')})`)
  }
  return head + tuples.join(',')
}

/** The statements that store a block's end. */
export function endStatements(statements: Statements, { counted, receipt }: BlockEnd): Statement[] {
  return [
    ...(counted ? counterStatements(statements, counted) : []),
    ...(receipt ? [statements.insert(receipt.table, receipt.rows)] : []),
  ]
}

/** One statement for all parents that got the same number of rows: mostly one or two for a block. */
function counterStatements(statements: Statements, { counter, parents }: CounterChange): Statement[] {
  const byRows = Map.groupBy(parents, ({ rows }) => rows)
  return Array.from(byRows, ([rows, same]) => {
    const keys = { [counter.parent.primaryKey]: { in: same.map(({ key }) => key) } }
    return statements.update(counter.parent, keys, { [counter.counter]: { add: -rows } })
  })
}
