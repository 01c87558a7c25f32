import type { Filter } from 'mongodb'
import { failure } from '../../../base/errors/errors.ts'
import type {
  AnyLayout,
  AnyTable,
  Block,
  BlockEnd,
  BulkLoader,
  EncodedRows,
  InsertStrategy,
  Value,
} from '../../../ports/database.ts'
import type { MongoConnection, Doc } from './connection.ts'
import { toDocument, insertDocuments, removeDocuments } from './documents.ts'
import { createRowEncoder, type RowEncoder } from './encode.ts'
import { findDuplicates } from './errors.ts'
import { findDocumentSequence, insertSequence } from './sequence.ts'
import { rowsPerChunk } from '../../../base/limits.ts'

/** Documents in one command. More is hardly faster, and every command is in memory three times. */
const documentsPerCommand = 5000
/** A third of the longest message that a server takes. */
const bytesPerCommand = 16_000_000
/** While the server works on one command, the next is made ready. */
const commandsInFlight = 2
/** Parents whose keys are read before the first block, so that most blocks need not ask for theirs. */
const parentsReadAhead = 100_000
/** Up to this many documents are looked up by their keys, more by the range that they lie in. */
const fewKeys = 1000

/**
 * The bulk strategies, fastest first. Neither is a transaction: what a lost server leaves of a block is completed when the
 * block is loaded again.
 */
export function mongoStrategies(connection: MongoConnection, durability: string): InsertStrategy[] {
  const sequenceClass = findDocumentSequence()
  return [
    {
      name: 'raw-insert',
      durability,
      unavailable: async () => (sequenceClass ? null : 'this version of the driver takes no documents in BSON'),
      open: async (layout) => {
        if (!sequenceClass) throw new TypeError('this driver takes no documents in BSON')
        // Buffers are used again: V8 would let dozens of megabytes of them pile up before it looks for garbage.
        const spare: Buffer[] = []
        return openLoader<Buffer>(connection, layout, {
          prepare: (encoder, { bytes, rows }) => encoder.encode(bytes, 0, rows, spare.pop()),
          async insert(chunks, rows) {
            const refused = await insertSequence(connection, sequenceClass, layout.table.name, { chunks, rows })
            spare.push(...chunks)
            return refused
          },
        })
      },
    },
    {
      name: 'insert-many',
      durability,
      unavailable: async () => null,
      open: async (layout) =>
        openLoader<Doc[]>(connection, layout, {
          prepare: (encoder, { bytes, rows }) => Array.from({ length: rows }, (_, row) => encoder.document(bytes, row)),
          insert: (chunks) => insertMany(connection, layout.table, chunks.flat()),
        }),
    },
  ]
}

/** How chunks are inserted; `Prepared` is a chunk made ready, which has to outlive the chunk's buffer. */
interface ChunkInsert<Prepared> {
  prepare(encoder: RowEncoder, chunk: EncodedRows): Prepared
  /** Gives the rows that were refused for a key, counted from the first of the chunks. */
  insert(chunks: readonly Prepared[], rows: number): Promise<readonly number[]>
}

interface Target {
  readonly table: AnyTable
  readonly encoder: RowEncoder
  /** Parents that are there, by the collection that they are in. */
  readonly parents: Map<string, Set<Value>>
}

async function insertMany(
  connection: MongoConnection,
  table: AnyTable,
  documents: readonly Doc[],
): Promise<readonly number[]> {
  try {
    await connection.write(() => connection.collection(table).insertMany(documents, { ordered: false }))
    return []
  } catch (error) {
    const duplicates = findDuplicates(error)
    if (!duplicates) throw error
    return duplicates
  }
}

function openLoader<Prepared>(
  connection: MongoConnection,
  layout: AnyLayout,
  insertion: ChunkInsert<Prepared>,
): BulkLoader {
  const target: Target = { table: layout.table, encoder: createRowEncoder(layout), parents: new Map() }
  return {
    async load(block, end) {
      await requireParents(connection, target, block)
      const refused = await insertBlock(target, block, insertion)
      await acceptOrRemove(connection, target, block, refused)
      await storeEnd(connection, end)
    },
    close: async () => {},
  }
}

/** Stores the end after the rows, not in one step with them: after a crash the counters have to be counted anew. */
async function storeEnd(connection: MongoConnection, { counted, receipt }: BlockEnd): Promise<void> {
  if (counted) {
    const { counter, parents } = counted
    for (const [rows, same] of Map.groupBy(parents, (parent) => parent.rows)) {
      const filter = { _id: { $in: same.map(({ key }) => key) } }
      const change = { $inc: { [counter.counter]: -rows } }
      await connection.run(connection.collection(counter.parent).updateMany(filter, change))
    }
  }
  if (receipt) {
    const documents = receipt.rows.map((row) => toDocument(receipt.table, row))
    await insertDocuments(connection, receipt.table, documents)
  }
}

/** MongoDB has no foreign keys, but a row that refers to nothing has no counter to be right. */
async function requireParents(connection: MongoConnection, target: Target, block: Block): Promise<void> {
  const { table, encoder, parents } = target
  for (const { column, table: parent } of table.references) {
    const known = parents.get(parent) ?? (await readKeys(connection, parent, {}, parentsReadAhead))
    parents.set(parent, known)
    const wanted = new Set<Value>()
    for (const { bytes, rows } of block.chunks()) {
      for (let row = 0; row < rows; row++) {
        const key = encoder.value(bytes, row, column)
        if (!known.has(key)) wanted.add(key)
      }
    }
    if (wanted.size === 0) continue
    const found = await readKeys(connection, parent, { _id: { $in: [...wanted] as Doc['_id'][] } }, wanted.size)
    if (found.size < wanted.size) throw failure('rows-differ', { sent: block.rows, stored: 0, warnings: 0 })
  }
}

async function readKeys(
  connection: MongoConnection,
  collection: string,
  filter: Filter<Doc>,
  limit: number,
): Promise<Set<Value>> {
  const keys = new Set<Value>()
  const cursor = connection.db
    .collection<Doc>(collection)
    .find(filter, { projection: { _id: 1 }, limit, batchSize: 100 })
  while (await connection.run(cursor.hasNext())) {
    for (const { _id } of cursor.readBufferedDocuments()) keys.add(_id)
  }
  return keys
}

/** Gives the rows that were refused for a key. */
async function insertBlock<Prepared>(
  { encoder }: Target,
  block: Block,
  insertion: ChunkInsert<Prepared>,
): Promise<Set<number>> {
  const refused = new Set<number>()
  const commands = cutIntoCommands(encoder, block, insertion)
  const work = async () => {
    for (const { first, chunks, rows } of commands) {
      for (const index of await insertion.insert(chunks, rows)) refused.add(first + index)
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: commandsInFlight }, work))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return refused
}

function* cutIntoCommands<Prepared>(encoder: RowEncoder, block: Block, insertion: ChunkInsert<Prepared>) {
  const most = Math.min(documentsPerCommand, Math.floor(bytesPerCommand / encoder.documentBytes))
  let first = 0
  let rows = 0
  let chunks: Prepared[] = []
  for (const chunk of block.chunks()) {
    chunks.push(insertion.prepare(encoder, chunk))
    rows += chunk.rows
    if (rows + rowsPerChunk <= most) continue
    yield { first, chunks, rows }
    first += rows
    rows = 0
    chunks = []
  }
  if (rows > 0) yield { first, chunks, rows }
}

/**
 * A row that is there already just as it was sent comes from an earlier try at this block. Any other clash takes away
 * what this try stored. Throws `rows-differ`.
 */
async function acceptOrRemove(
  connection: MongoConnection,
  target: Target,
  block: Block,
  refused: ReadonlySet<number>,
): Promise<void> {
  if (refused.size === 0) return
  const clashes = await countClashes(connection, target, block, refused)
  if (clashes === 0) return
  const ours: Pick<Doc, '_id'>[] = []
  for (const { row, bytes, at } of rowsOf(block))
    if (!refused.has(row)) ours.push({ _id: target.encoder.key(bytes, at) })
  await removeDocuments(connection, target.table, ours)
  throw failure('rows-differ', { sent: block.rows, stored: block.rows - clashes, warnings: 0 })
}

/** Each row of a block by its number, with the place in its chunk. */
function* rowsOf(block: Block) {
  let row = 0
  for (const { bytes, rows } of block.chunks()) for (let at = 0; at < rows; at++) yield { row: row++, bytes, at }
}

async function countClashes(
  connection: MongoConnection,
  { table, encoder }: Target,
  block: Block,
  refused: ReadonlySet<number>,
): Promise<number> {
  const sent = new Map<Doc['_id'], Doc>()
  for (const { row, bytes, at } of rowsOf(block)) {
    if (refused.has(row)) sent.set(encoder.key(bytes, at), encoder.document(bytes, at))
  }
  // Rows of this block that were stored under a key which another row of the block has too.
  let repeated = refused.size - sent.size
  for (const { row, bytes, at } of rowsOf(block)) if (!refused.has(row) && sent.has(encoder.key(bytes, at))) repeated++
  const cursor = connection.collection(table).find(keysFilter([...sent.keys()]))
  while (await connection.run(cursor.hasNext())) {
    for (const stored of cursor.readBufferedDocuments()) {
      const document = sent.get(stored._id)
      if (document && isSame(stored, document)) sent.delete(stored._id)
    }
  }
  return repeated + sent.size
}

/** Keys of a block mostly ascend, so that their range holds little else. */
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
