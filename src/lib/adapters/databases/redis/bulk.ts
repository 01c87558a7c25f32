import { failure } from '../../../base/errors/errors.ts'
import type { AnyLayout, Block, BlockEnd, BulkLoader, EncodedRows, InsertStrategy } from '../../../ports/database.ts'
import type { RedisConnection } from './connection.ts'
import { isInteger } from './definition.ts'
import { codeOf } from './errors.ts'
import {
  encodeRows,
  removeKeys,
  rowsPerWrite,
  write,
  writeInTurns,
  writePacked,
  type PlannedChange,
  type PackedRows,
  type WriteAnswer,
} from './write.ts'

/** Runs of the script that are on their way while the server works on the first; fewer than the chunks that are kept. */
const writesInFlight = 4

/**
 * The bulk strategy. It is no transaction: what a lost server leaves of a block is completed when the block is loaded again.
 */
export function redisStrategies(connection: RedisConnection, durability: string): InsertStrategy[] {
  return [
    {
      name: 'packed-rows',
      durability,
      unavailable: async () => null,
      open: async (layout) => {
        return openLoader(connection, layout)
      },
    },
  ]
}

function describePacked({ table, fields, rowBytes }: AnyLayout): PackedRows {
  const byColumn = new Map<string, (typeof fields)[number]>(fields.map((field) => [field.column, field]))
  return {
    rowBytes,
    fields: Object.keys(table.columns).map((column) => {
      const field = byColumn.get(column)
      if (!field) throw new TypeError(`the layout has no ${column}`)
      return [field.offset, field.width, isInteger(table, column)]
    }),
  }
}

/** Each block that is loaded at the same time has a connection of its own. */
function openLoader(connection: RedisConnection, layout: AnyLayout): BulkLoader {
  const packed = describePacked(layout)
  const idle: RedisConnection[] = []
  return {
    async load(block, end) {
      const own = idle.pop() ?? (await connection.open())
      try {
        await loadRows(own, layout, block, packed)
        await storeEnd(own, end)
      } finally {
        idle.push(own)
      }
    },
    async close() {
      for (const own of idle.splice(0)) await own.close()
    },
  }
}

/** Rows of a block that one run of the script stored, but for those that were there already. */
interface Stored {
  readonly first: number
  readonly rows: number
  /** Numbers in the block. */
  readonly kept: readonly number[]
}

async function loadRows(
  connection: RedisConnection,
  layout: AnyLayout,
  block: Block,
  packed: PackedRows,
): Promise<void> {
  const { stored, failed } = await sendInTurns(block, layout.rowBytes, (rows) =>
    writePacked(connection, layout.table, packed, rows),
  )
  const isRefused = ['DUPLICATE', 'ORPHAN'].includes(codeOf(failed))
  if (failed !== null && !isRefused) throw failed
  if (!isRefused && !hasTwins(layout, block, stored)) return
  const keys = keysOf(layout, block, stored)
  await removeKeys(connection, layout.table, keys)
  throw failure('rows-differ', { sent: block.rows, stored: keys.length, warnings: 0 })
}

/** Sends a block until something goes wrong, and waits for what is on its way by then. */
async function sendInTurns(
  block: Block,
  rowBytes: number,
  send: (rows: EncodedRows) => Promise<WriteAnswer>,
): Promise<{ stored: Stored[]; failed: unknown }> {
  const stored: Stored[] = []
  const onTheirWay: Promise<void>[] = []
  let failed: unknown = null
  let first = 0
  for (const some of cutForWrites(block, rowBytes)) {
    if (onTheirWay.length === writesInFlight) await onTheirWay.shift()
    if (failed !== null) break
    const [start, { rows }] = [first, some]
    onTheirWay.push(
      send(some).then(
        ([, kept]) => void stored.push({ first: start, rows, kept: kept.map((row) => start + row) }),
        (error: unknown) => void (failed ??= error),
      ),
    )
    first += rows
  }
  await Promise.all(onTheirWay)
  return { stored, failed }
}

function* cutForWrites(block: Block, rowBytes: number): Generator<EncodedRows> {
  for (const { bytes, rows } of block.chunks()) {
    for (let at = 0; at < rows; at += rowsPerWrite) {
      const count = Math.min(rowsPerWrite, rows - at)
      yield { bytes: bytes.subarray(at * rowBytes, (at + count) * rowBytes), rows: count }
    }
  }
}

/** Whether a row that was there already is a second time in the block itself, rather than from an earlier try at it. */
function hasTwins(layout: AnyLayout, block: Block, stored: readonly Stored[]): boolean {
  const kept = new Set(stored.flatMap((part) => part.kept))
  if (kept.size === 0) return false
  const doubtful = new Set<string>()
  for (const { row, key } of keysIn(layout, block)) if (kept.has(row)) doubtful.add(key)
  const seen = new Set<string>()
  for (const { key } of keysIn(layout, block)) {
    if (seen.has(key)) return true
    if (doubtful.has(key)) seen.add(key)
  }
  return false
}

/** The keys of what this try stored. */
function keysOf(layout: AnyLayout, block: Block, stored: readonly Stored[]): string[] {
  const ours = new Set(stored.flatMap(({ first, rows }) => Array.from({ length: rows }, (_, row) => first + row)))
  for (const row of stored.flatMap(({ kept }) => kept)) ours.delete(row)
  const keys: string[] = []
  for (const { row, key } of keysIn(layout, block)) if (ours.has(row)) keys.push(key)
  return keys
}

function* keysIn({ table, fields, rowBytes }: AnyLayout, block: Block): Generator<{ row: number; key: string }> {
  const field = fields.find(({ column }) => column === table.primaryKey)
  if (!field) throw new TypeError(`the layout has no ${table.primaryKey}`)
  const integer = isInteger(table, table.primaryKey)
  let row = 0
  for (const { bytes, rows } of block.chunks()) {
    for (let at = field.offset; at < rows * rowBytes; at += rowBytes) {
      const text = bytes.toString('latin1', at, at + field.width)
      yield { row: row++, key: integer ? String(Number(text)) : text }
    }
  }
}

/** Stores the end after the rows, not in one step with them: after a crash the counters have to be counted anew. */
async function storeEnd(connection: RedisConnection, { counted, receipt }: BlockEnd): Promise<void> {
  if (counted) {
    const { counter, parents } = counted
    const changes = parents.map(({ key, rows }): PlannedChange => {
      const terms = [[counter.parent.primaryKey, 'eq', String(key)] as const]
      return { guard: { table: counter.parent, terms, patch: [[counter.counter, 'add', String(-rows)]] }, insert: [] }
    })
    await writeInTurns(connection, changes)
  }
  if (receipt) {
    const { table, rows } = receipt
    await write(connection, [{ guard: null, insert: [{ table, rows: encodeRows(table, rows) }] }])
  }
}
