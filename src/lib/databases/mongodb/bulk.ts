import { failure } from '../../errors.ts'
import type { AnyLayout, AnyTable, BulkLoader, EncodedRows, InsertStrategy, Value } from '../port.ts'
import type { MongoConnection } from './connection.ts'
import type { Doc } from './documents.ts'
import { createRowEncoder, type RowEncoder } from './encode.ts'
import { findDuplicates } from './errors.ts'
import { removeDocuments } from './insert.ts'
import { recount } from './recount.ts'
import { findDocumentSequence, insertSequence } from './sequence.ts'

/** Documents in one command; measured: more is no faster, fewer is slower. */
const documentsPerCommand = 20_000
/** A third of the longest message that a server takes. */
const bytesPerCommand = 16_000_000
/** While the server works on one command, the next is made ready. */
const commandsInFlight = 2
/** Up to this many documents are looked up by their keys, more by the range that they lie in. */
const fewKeys = 1000

/**
 * The ways in, fastest first. Neither is a transaction: what a lost server leaves of a block is completed when the
 * block is loaded again.
 */
export function mongoStrategies(connection: MongoConnection, durability: string): InsertStrategy[] {
  const sequenceClass = findDocumentSequence()
  const insertRaw: InsertSlice = async (target, { bytes }, first, count) => {
    if (!sequenceClass) throw new TypeError('this driver takes no documents in BSON')
    const documents = target.encoder.encode(bytes, first, count)
    return insertSequence(connection, sequenceClass, target.table.name, documents)
  }
  const insertObjects: InsertSlice = async ({ table, encoder }, { bytes }, first, count) => {
    const documents = Array.from({ length: count }, (_, i) => encoder.document(bytes, first + i))
    return insertMany(connection, table, documents)
  }
  return [
    {
      name: 'raw-insert',
      durability,
      unavailable: async () => (sequenceClass ? null : 'this version of the driver takes no documents in BSON'),
      open: async (layout) => openLoader(connection, layout, insertRaw),
    },
    {
      name: 'insert-many',
      durability,
      unavailable: async () => null,
      open: async (layout) => openLoader(connection, layout, insertObjects),
    },
  ]
}

interface Target {
  readonly table: AnyTable
  readonly encoder: RowEncoder
}

/** Stores `count` rows from row `first` on; gives those that were refused for a key, counted from `first`. */
type InsertSlice = (target: Target, block: EncodedRows, first: number, count: number) => Promise<readonly number[]>

async function insertMany(
  connection: MongoConnection,
  table: AnyTable,
  documents: readonly Doc[],
): Promise<readonly number[]> {
  try {
    await connection.run(connection.collection(table).insertMany(documents, { ordered: false }))
    return []
  } catch (error) {
    const duplicates = findDuplicates(error)
    if (!duplicates) throw error
    return duplicates
  }
}

function openLoader(connection: MongoConnection, layout: AnyLayout, insert: InsertSlice): BulkLoader {
  const target: Target = { table: layout.table, encoder: createRowEncoder(layout) }
  return {
    async load(block, counter, range) {
      await requireParents(connection, target, block)
      const refused = await insertBlock(target, block, insert)
      await acceptOrRemove(connection, target, block, refused)
      await recount(connection, counter, range)
    },
    close: async () => {},
  }
}

/** MongoDB has no foreign keys, but a row that refers to nothing has no counter to be right. */
async function requireParents(
  connection: MongoConnection,
  target: Target,
  { bytes, rows }: EncodedRows,
): Promise<void> {
  for (const { column, table } of target.table.references) {
    const wanted = new Set<Value>()
    for (let row = 0; row < rows; row++) wanted.add(target.encoder.value(bytes, row, column))
    const filter = { _id: { $in: [...wanted] as Doc['_id'][] } }
    const found = connection.db.collection<Doc>(table).find(filter, { projection: { _id: 1 } })
    for (const { _id } of await connection.run(found.toArray())) wanted.delete(_id)
    if (wanted.size > 0) throw failure('rows-differ', { sent: rows, stored: 0, warnings: 0 })
  }
}

/** Gives the rows that were refused for a key, in ascending order. */
async function insertBlock(target: Target, block: EncodedRows, insert: InsertSlice): Promise<number[]> {
  const perCommand = Math.min(documentsPerCommand, Math.floor(bytesPerCommand / target.encoder.documentBytes))
  const refused: number[] = []
  let next = 0
  const work = async () => {
    while (next < block.rows) {
      const first = next
      const count = Math.min(perCommand, block.rows - first)
      next += count
      for (const index of await insert(target, block, first, count)) refused.push(first + index)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: commandsInFlight }, work))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return refused.sort((a, b) => a - b)
}

/**
 * A row that is there already just as it was sent comes from an earlier try at this block. Any other clash takes away
 * what this try stored. Throws `rows-differ`.
 */
async function acceptOrRemove(
  connection: MongoConnection,
  target: Target,
  block: EncodedRows,
  refused: readonly number[],
): Promise<void> {
  if (refused.length === 0) return
  const { encoder, table } = target
  const clashes = await countClashes(connection, target, block, refused)
  if (clashes === 0) return
  const kept = new Set(refused)
  const ours: Doc[] = []
  for (let row = 0; row < block.rows; row++) {
    if (!kept.has(row)) ours.push({ _id: encoder.key(block.bytes, row) })
  }
  await removeDocuments(connection, table, ours)
  throw failure('rows-differ', { sent: block.rows, stored: block.rows - clashes, warnings: 0 })
}

async function countClashes(
  connection: MongoConnection,
  { table, encoder }: Target,
  { bytes, rows }: EncodedRows,
  refused: readonly number[],
): Promise<number> {
  const sent = new Map(refused.map((row) => [encoder.key(bytes, row), row]))
  const repeated = refused.length - sent.size + countStored(encoder, { bytes, rows }, sent, refused)
  const cursor = connection.collection(table).find(keysFilter([...sent.keys()]))
  while (await connection.run(cursor.hasNext())) {
    for (const stored of cursor.readBufferedDocuments()) {
      const row = sent.get(stored._id)
      if (row !== undefined && isSame(stored, encoder.document(bytes, row))) sent.delete(stored._id)
    }
  }
  return repeated + sent.size
}

/** Rows of this block that went in under a key which another row of the block has too. */
function countStored(
  encoder: RowEncoder,
  { bytes, rows }: EncodedRows,
  sent: ReadonlyMap<Doc['_id'], number>,
  refused: readonly number[],
): number {
  const kept = new Set(refused)
  let found = 0
  for (let row = 0; row < rows; row++) {
    if (!kept.has(row) && sent.has(encoder.key(bytes, row))) found++
  }
  return found
}

/** Keys of a block ascend, so that their range holds little else. */
function keysFilter(keys: readonly Doc['_id'][]) {
  if (keys.length <= fewKeys) return { _id: { $in: keys } }
  const least = keys.reduce((a, b) => (b < a ? b : a))
  const greatest = keys.reduce((a, b) => (b > a ? b : a))
  return { _id: { $gte: least, $lte: greatest } }
}

function isSame(stored: Doc, sent: Doc): boolean {
  return (
    Object.keys(stored).length === Object.keys(sent).length &&
    Object.keys(sent).every((key) => stored[key] === sent[key])
  )
}
