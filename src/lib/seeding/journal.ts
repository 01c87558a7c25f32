import { randomUUID } from 'node:crypto'
import { migrateDown, migrateUp, migrationStatus } from '../databases/migrate.ts'
import type { AnyTable, Database, Rows, Table } from '../databases/port.ts'
import { failure } from '../errors.ts'
import type { RowSum } from './checksum.ts'
import { decodeRecipe, encodeRecipe, rowsOf, type SeedRecipe } from './recipe.ts'

/**
 * What a seeding needs to be gone on with, in the database that is seeded: what it is made of, and which of its blocks
 * are stored. There while a seeding is unfinished, gone when all its rows are in.
 */
export interface Journal {
  /** No other seeding has it, in no other database. */
  readonly id: string
  readonly recipe: SeedRecipe
  /** What the table held before; null when nobody looked. */
  readonly before: RowSum | null
  /** Numbers of the blocks that are stored. */
  readonly stored: ReadonlySet<number>
}

interface JournalPart {
  readonly part: number
  readonly text: string
}

interface StoredBlock {
  readonly block: number
}

const partLength = 8000
const integer = { type: 'integer' } as const
const alone = { unique: [], indexes: [], references: [] } as const

const parts: Table<JournalPart> = {
  name: 'rushbench_seeding',
  columns: { part: integer, text: { type: 'text', maxLength: partLength } },
  primaryKey: 'part',
  ...alone,
}

const storedBlocks: Table<StoredBlock> = {
  name: 'rushbench_seeded_blocks',
  columns: { block: integer },
  primaryKey: 'block',
  ...alone,
}

/** In whose name the journal's tables are made. */
const owner = 'seeding'
const tables = [storedBlocks, parts]

/** Ends the text, so that one that was written in part is known. */
const endMark = '.'

/** Writes a journal. Throws `seeding-unfinished` when there is one, and `table-foreign`. */
export async function beginJournal(database: Database, recipe: SeedRecipe, before: RowSum | null): Promise<Journal> {
  await refuseUnfinished(database)
  await migrateDown(database, owner, tables)
  await migrateUp(database, owner, tables)
  const id = randomUUID()
  const text = JSON.stringify({ id, before, recipe: encodeRecipe(recipe) }) + endMark
  const count = Math.ceil(text.length / partLength)
  const rows = Array.from({ length: count }, (_, part) => ({
    part,
    text: text.slice(part * partLength, (part + 1) * partLength),
  }))
  await database.store.insert(parts, rows)
  return { id, recipe, before, stored: new Set() }
}

/**
 * The journal of an unfinished seeding; null when there is none, or when it had not come to its first row. Throws
 * `seeding-unreadable` when another version wrote it.
 */
export async function readJournal(database: Database): Promise<Journal | null> {
  const states = await migrationStatus(database, owner, tables)
  if (states.some(({ state }) => state !== 'present')) return null
  const rows = await database.store.find(parts, {}, { orderBy: ['part'] })
  const text = rows.map((row) => row.text).join('')
  if (!text.endsWith(endMark)) return null
  const { id, before, recipe } = JSON.parse(text.slice(0, -endMark.length)) as SavedJournal
  const decoded = decodeRecipe(recipe)
  if (!decoded || id === undefined) throw failure('seeding-unreadable', { url: database.url })
  return { id, recipe: decoded, before, stored: await readStored(database) }
}

interface SavedJournal {
  /** Earlier versions wrote none. */
  readonly id?: string
  readonly before: RowSum | null
  readonly recipe: string
}

/** Numbers of the blocks that are stored by now. */
export async function readStored(database: Database): Promise<ReadonlySet<number>> {
  const blocks = await database.store.find(storedBlocks, {})
  return new Set(blocks.map(({ block }) => block))
}

/** Whether block `number` is stored by now. */
export async function isBlockStored(database: Database, number: number): Promise<boolean> {
  return (await database.store.find(storedBlocks, { block: number })).length > 0
}

/**
 * The journal of an unfinished seeding of `table` as it stands when everything that the killed run had sent is
 * committed or rolled back. Throws `seeding-none` and `seeding-unreadable`.
 */
export async function takeOverJournal(database: Database, table: AnyTable): Promise<Journal> {
  await database.awaitWriters(table)
  const journal = await readJournal(database)
  if (!journal) throw failure('seeding-none', { url: database.url })
  return journal
}

/** What tells that block `number` is stored; to be stored with it. */
export function receiptOf(number: number): Rows<StoredBlock> {
  return { table: storedBlocks, rows: [{ block: number }] }
}

/** Forgets the seeding. */
export async function removeJournal(database: Database): Promise<void> {
  await migrateDown(database, owner, tables)
}

/**
 * Counters and indexes wait for the last row where keeping them true for each block would cost more than the rows, and
 * where a block cannot be stored together with its counters.
 */
export function isDeferred(database: Database, { order, indexes }: SeedRecipe): boolean {
  return order === 'shuffled' || indexes === 'after' || !database.traits.transactions
}

/** Throws `seeding-unfinished` when a seeding has left rows out. */
export async function refuseUnfinished(database: Database): Promise<void> {
  const journal = await readJournal(database)
  if (journal) throw failure('seeding-unfinished', { url: database.url, rows: rowsOf(journal.recipe) })
}

/** Throws `seeding-unfinished` when a seeding has left counters untrue or indexes out. */
export async function refuseUnsettled(database: Database): Promise<void> {
  const journal = await readJournal(database)
  if (journal && isDeferred(database, journal.recipe))
    throw failure('seeding-unfinished', { url: database.url, rows: rowsOf(journal.recipe) })
}
