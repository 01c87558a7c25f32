import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { migrateDown, migrateUp, migrationStatus } from '../adapters/databases/migrate.ts'
import type { AnyTable, Database, Rows } from '../ports/database.ts'
import { failure, RushbenchError } from '../base/errors/errors.ts'
import type { RowSum } from './checksum.ts'
import { partLength, type JournalTables, type StoredBlock } from './journal-tables.ts'
import { forgetLease, renewLease, requireFree, takeLease, type LeaseOptions } from './lease.ts'

/**
 * The state from which a seeding is resumed, kept in the database that is seeded: its recipe, and which of its blocks are
 * stored. It is there while a seeding is unfinished, and gone when all its rows are in.
 */
export interface Journal<Recipe> {
  /** No other seeding has it, in no other database. */
  readonly id: string
  readonly recipe: Recipe
  /** Rows of the table before the seeding; null when nobody looked. */
  readonly before: RowSum | null
  /** Numbers of the blocks that are stored. */
  readonly stored: ReadonlySet<number>
}

/** Seedings by one kind of recipe, with journals in tables of their own. */
export interface JournalKind<Recipe> extends JournalTables {
  /** The owner that the journal's tables are marked with. */
  readonly owner: string
  encode(recipe: Recipe): string
  /** The recipe that `encode` wrote; null for any other text. */
  decode(text: string): Recipe | null
  /** A process may hold its lease; none that is left to be mended does. */
  isUnderWay(recipe: Recipe): boolean
  /** Tells of a journal that is there already. */
  unfinished(url: string, recipe: Recipe): Error
  /** Tells of a journal of which a part is gone. */
  broken(url: string): Error
}

/** A journal of whatever recipe. */
type AnyJournalKind = Pick<JournalKind<unknown>, keyof JournalTables | 'owner' | 'broken'>

const tablesOf = ({ storedBlocks, parts }: JournalTables): AnyTable[] => [storedBlocks, parts]

/** Ends the text, so that one that was written in part is known. */
const endMark = '.'

/** Stands before all blocks of a seeding that has ended, whose tables are about to be dropped. */
const endedBlock = -1

/**
 * Writes a journal, and takes its lease. Throws `seeding-unfinished` when there is one, `seeding-held`, and
 * `seeding-remains` where its tables are there without our mark.
 */
export async function beginJournal<Recipe>(
  database: Database,
  kind: JournalKind<Recipe>,
  recipe: Recipe,
  before: RowSum | null,
  lease: LeaseOptions = {},
): Promise<Journal<Recipe>> {
  const { parts, storedBlocks } = kind
  await refuseUnfinished(database, kind)
  await repeated(async () => {
    await makeTables(database, kind)
    await takeLease(database, parts, lease)
  })
  // Of two who made them, one may have taken back what it had made.
  await makeTables(database, kind)
  await refuseUnfinished(database, kind)
  // Left by a seeding that was killed before its first row.
  await database.store.remove(parts, { part: { gte: 0 } })
  await database.store.remove(storedBlocks, {})
  const id = randomUUID()
  const text = JSON.stringify({ id, before, recipe: kind.encode(recipe) }) + endMark
  const count = Math.ceil(text.length / partLength)
  const rows = Array.from({ length: count }, (_, part) => ({
    part,
    text: text.slice(part * partLength, (part + 1) * partLength),
  }))
  await database.store.insert(parts, rows)
  return { id, recipe, before, stored: new Set() }
}

const mostTries = 5

/** Another process may make the tables at the same moment, or take them away as it ends. */
async function repeated(work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      const code = error instanceof RushbenchError ? error.code : null
      if ((code !== 'migration-failed' && code !== 'seeding-gone') || tries === mostTries) throw error
    }
  }
}

function makeTables(database: Database, kind: AnyJournalKind): Promise<void> {
  const { owner } = kind
  const tables = tablesOf(kind)
  return repeated(async () => {
    const states = await migrationStatus(database, owner, tables)
    const foreign = states.filter(({ state }) => state === 'foreign').map(({ name }) => name)
    if (foreign.length > 0) throw failure('seeding-remains', { url: database.url, tables: foreign })
    if (states.some(({ state }) => state === 'outdated')) await migrateDown(database, owner, tables)
    if (states.some(({ state }) => state !== 'present')) await migrateUp(database, owner, tables)
  })
}

/**
 * The journal of an unfinished seeding; null when there is none, or when it had not come to its first row. Throws
 * `seeding-unreadable` when another version wrote it, `seeding-broken` when a part of it is gone.
 */
export async function readJournal<Recipe>(
  database: Database,
  kind: JournalKind<Recipe>,
): Promise<Journal<Recipe> | null> {
  const { text, isBroken } = await readRemains(database, kind)
  if (isBroken) throw kind.broken(database.url)
  if (text === null) return null
  const saved = parseJournal(kind, text)
  if (!saved) throw failure('seeding-unreadable', { url: database.url })
  return { ...saved, stored: await readStored(database, kind) }
}

/** Whether a part of an unfinished seeding's journal is gone, so that nobody can tell which of its blocks are stored. */
export async function isJournalBroken(database: Database, kind: AnyJournalKind): Promise<boolean> {
  return (await readRemains(database, kind)).isBroken
}

/** The part of a journal that is in the database. */
interface Remains {
  /** Null where it is not whole. */
  readonly text: string | null
  /** It was begun, and not all of it is there. */
  readonly isBroken: boolean
}

/** A seeding that ends at this moment may drop its tables one after the other; ms. */
const droppingMs = 500

async function readRemains(database: Database, kind: AnyJournalKind): Promise<Remains> {
  const found = await lookForRemains(database, kind)
  if (!found.isBroken) return found
  await sleep(droppingMs)
  return lookForRemains(database, kind)
}

async function lookForRemains(database: Database, kind: AnyJournalKind): Promise<Remains> {
  const { parts, storedBlocks } = kind
  const states = await migrationStatus(database, kind.owner, tablesOf(kind))
  const isThere = ({ name }: AnyTable): boolean => states.some((each) => each.name === name && each.state === 'present')
  const text = isThere(parts) ? await readText(database, kind) : null
  const hasBlocks = isThere(storedBlocks)
  // The blocks' table is made first and dropped last.
  if (text !== null) return { text, isBroken: !hasBlocks }
  const [first] = hasBlocks ? await database.store.find(storedBlocks, {}, { orderBy: ['block'], limit: 1 }) : []
  return { text, isBroken: first !== undefined && first.block !== endedBlock }
}

/** Null where it has no end. */
async function readText(database: Database, { parts }: JournalTables): Promise<string | null> {
  const rows = await database.store.find(parts, { part: { gte: 0 } }, { orderBy: ['part'] })
  const text = rows.map((row) => row.text).join('')
  return text.endsWith(endMark) ? text.slice(0, -endMark.length) : null
}

/** Earlier versions wrote no id. */
const SavedJournal = z.object({
  id: z.uuid(),
  before: z.object({ rows: z.number().int().min(0), checksum: z.string().regex(/^[\da-f]{16}$/) }).nullable(),
  recipe: z.string(),
})

/** Reads the text of a journal; null for what this version did not write. */
export function parseJournal<Recipe>(
  { decode }: Pick<JournalKind<Recipe>, 'decode'>,
  text: string,
): Omit<Journal<Recipe>, 'stored'> | null {
  try {
    const { id, before, recipe } = SavedJournal.parse(JSON.parse(text))
    const decoded = decode(recipe)
    return decoded && { id, before, recipe: decoded }
  } catch {
    return null
  }
}

/** Numbers of the blocks that are stored by now. */
export async function readStored(database: Database, { storedBlocks }: JournalTables): Promise<ReadonlySet<number>> {
  const blocks = await database.store.find(storedBlocks, {})
  return new Set(blocks.map(({ block }) => block))
}

/** Whether block `number` is stored by now. */
export async function isBlockStored(
  database: Database,
  { storedBlocks }: JournalTables,
  number: number,
): Promise<boolean> {
  return (await database.store.find(storedBlocks, { block: number })).length > 0
}

/**
 * The journal of an unfinished seeding of `tables` as it stands when everything that the killed run had sent is
 * committed or rolled back, with its lease. Throws `seeding-none`, `seeding-unreadable`, `seeding-broken`, and
 * `seeding-held` while another process works on it.
 */
export async function takeOverJournal<Recipe>(
  database: Database,
  kind: JournalKind<Recipe>,
  tables: readonly AnyTable[],
  lease: LeaseOptions = {},
): Promise<Journal<Recipe>> {
  const none = failure('seeding-none', { url: database.url })
  if (!(await readJournal(database, kind))) throw none
  await takeLease(database, kind.parts, lease).catch((error: unknown) => {
    throw error instanceof RushbenchError && error.code === 'seeding-gone' ? none : error
  })
  for (const table of tables) await database.awaitWriters(table)
  const journal = await readJournal(database, kind)
  if (!journal) throw none
  return journal
}

/** Takes the lease of a journal that is to be removed, if there is one. Throws `seeding-held`. */
export async function takeOverIfThere(
  database: Database,
  { parts }: JournalTables,
  lease: LeaseOptions,
): Promise<void> {
  await takeLease(database, parts, lease).catch((error: unknown) => {
    if (!(error instanceof RushbenchError && error.code === 'seeding-gone')) throw error
  })
}

/** The row that says that block `number` is stored; to be stored with it. */
export function receiptOf({ storedBlocks }: JournalTables, number: number): Rows<StoredBlock> {
  return { table: storedBlocks, rows: [{ block: number }] }
}

/** Forgets the seeding. Throws `seeding-taken`, `seeding-gone` where the lease was lost. */
export async function removeJournal(database: Database, kind: AnyJournalKind): Promise<void> {
  await renewLease(database)
  forgetLease(database)
  if (!database.traits.transactions) await markEnded(database, kind)
  await migrateDown(database, kind.owner, tablesOf(kind))
}

/** Where tables are dropped one after the other, a process that is killed in between leaves nothing that looks unfinished. */
async function markEnded(database: Database, { owner, storedBlocks }: AnyJournalKind): Promise<void> {
  const [blocks] = await migrationStatus(database, owner, [storedBlocks])
  if (blocks?.state !== 'present') return
  await database.store.remove(storedBlocks, { block: endedBlock })
  await database.store.insert(storedBlocks, [{ block: endedBlock }])
}

/** Throws what is said of an unfinished seeding when one has left rows out, `seeding-held` while it runs, `seeding-broken`. */
export async function refuseUnfinished<Recipe>(database: Database, kind: JournalKind<Recipe>): Promise<void> {
  const journal = await readJournal(database, kind)
  if (!journal) return
  // It has ended since the journal was read where that is gone.
  if (kind.isUnderWay(journal.recipe)) await requireFree(database, kind.parts)
  throw kind.unfinished(database.url, journal.recipe)
}
