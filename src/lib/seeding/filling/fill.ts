import type { Database, InsertStrategy } from '../../ports/database.ts'
import type { Progress } from '../../base/progress.ts'
import { failure } from '../../base/errors/errors.ts'
import { beginJournal, readJournal, removeJournal, takeOverIfThere, takeOverJournal } from '../journal.ts'
import { releaseLease, type LeaseOptions } from '../lease.ts'
import { runBlocks } from '../run-blocks.ts'
import { openFillStore, planFillBlocks } from './fill-blocks.ts'
import { fillJournal, type FillJournal, type FillRecipe } from './fill-journal.ts'
import { amountText, forgetFilled, readFilled, recordFilled } from './filled-tables.ts'
import type { Filling, TableFilling } from './filling.ts'

/** How tables are filled; none but the seed changes the rows. */
export interface FillOptions {
  /** Left aside where a filling goes on: it keeps the one that it was begun with. */
  readonly seed: string
  readonly connections: number
  readonly onProgress: (progress: Progress) => void
  readonly onWait?: ((text: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Rows of all tables, those that are in place, and those that were not there before. */
export interface Filled {
  readonly rows: number
  /** Fewer than all where the signal aborted before. */
  readonly done: number
  readonly added: number
}

/**
 * Fills those tables, which are there, that are not filled: goes on with a filling that was cut off, then begins one of what is
 * left. Throws `filling-other` where tables were filled by other settings, `filling-remains` where they have rows that no
 * filling of ours stored, and what `beginJournal` and the engine throw.
 */
export async function fillTables(database: Database, filling: Filling, options: FillOptions): Promise<Filled> {
  const rows = sumRows(filling.tables)
  let added = 0
  for (;;) {
    const opened = await openJournal(database, filling, options)
    if (opened === 'ended') continue
    if (opened === 'filled') return { rows, done: rows, added }
    try {
      const { journal, tables } = opened
      const before = sumRows(filling.tables.filter((table) => opened.filled.has(table)))
      const onProgress = ({ done }: Progress) => options.onProgress({ done: before + done, total: rows })
      const result = await storeTables(database, filling.workload, tables, journal, { ...options, onProgress })
      added += result.rows
      if (result.interrupted) return { rows, done: before + result.resumedAt + result.rows, added }
    } finally {
      await releaseLease(database)
    }
  }
}

/** A journal, with its lease. */
interface OpenedJournal {
  readonly journal: FillJournal
  /** Its tables. */
  readonly tables: readonly TableFilling[]
  /** Other tables that are filled. */
  readonly filled: ReadonlySet<TableFilling>
}

/** How the tables of a workload are filled. */
export interface FillingStatus {
  /** By their names; `amount` as flags. */
  readonly filled: readonly { readonly name: string; readonly amount: string; readonly rows: number }[]
  readonly isUnfinished: boolean
}

/** How the tables of a workload are filled; null where none was begun. */
export async function readFillings(database: Database, workload: string): Promise<FillingStatus | null> {
  const journal = await readJournal(database, fillJournal(workload))
  const filled = [...(await readFilled(database, workload)).values()]
  if (filled.length === 0 && !journal) return null
  return {
    filled: filled
      .map(({ name, amount, rows }) => ({ name, amount, rows }))
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    isUnfinished: journal !== null,
  }
}

/** Forgets all fillings of a workload, whose tables are to be dropped. Throws `seeding-held` while one is under way. */
export async function forgetFillings(database: Database, workload: string, lease: LeaseOptions): Promise<void> {
  const journal = fillJournal(workload)
  const isThere = (await database.tables()).some(({ name, mark }) => name === journal.parts.name && mark !== null)
  if (isThere) await takeOverIfThere(database, journal, lease)
  // Before the tables: a process that is killed in between leaves none that is taken for filled.
  await forgetFilled(database, workload)
  await removeJournal(database, journal)
}

/**
 * Takes over the journal of a filling that was cut off, or begins one of the tables that are not filled. `ended`: the one that
 * was there has ended meanwhile.
 */
async function openJournal(
  database: Database,
  filling: Filling,
  { seed, onWait, signal }: FillOptions,
): Promise<OpenedJournal | 'filled' | 'ended'> {
  const { workload, tables } = filling
  const kind = fillJournal(workload)
  const lease = { ...(onWait && { onWait }), ...(signal && { signal }) }
  const found = await readJournal(database, kind)
  if (found) requireSamePlan(database, filling, found)
  const isIn = ({ table }: TableFilling): boolean =>
    found?.recipe.tables.some(({ name }) => name === table.name) ?? false
  const filled = await findFilled(database, workload, tables)
  const left = found ? tables.filter(isIn) : tables.filter((table) => !filled.has(table))
  if (left.length === 0) return 'filled'
  const others = new Set(tables.filter((table) => filled.has(table) && !left.includes(table)))
  if (!found) {
    await requireEmpty(database, workload, left)
    const journal = await beginJournal(database, kind, recipeOf(seed, left), null, lease)
    return { journal, tables: left, filled: others }
  }
  try {
    const own = left.map(({ table }) => table)
    const journal = await takeOverJournal(database, kind, own, lease)
    await requireStored(database, workload, left, journal)
    return { journal, tables: left, filled: others }
  } catch (error) {
    if (isFailure(error, 'seeding-none')) return 'ended'
    throw error
  }
}

/** Throws `filling-broken` where a table has no rows of which the journal says that they are stored: somebody has dropped it. */
async function requireStored(
  database: Database,
  workload: string,
  tables: readonly TableFilling[],
  { stored }: FillJournal,
): Promise<void> {
  const blocks = planFillBlocks(tables)
  for (const each of tables) {
    const isBegun = blocks.some(({ number, part }) => stored.has(number) && each.parts.includes(part))
    if (!isBegun || !(await isEmpty(database, each))) continue
    await releaseLease(database)
    throw failure('filling-broken', { url: database.url, workload })
  }
}

/** Throws `filling-other` unless all tables of the journal are asked for as it has them. */
function requireSamePlan({ url }: Database, { workload, tables }: Filling, { recipe }: FillJournal): void {
  const wanted = new Map(recipeOf('', tables).tables.map((table) => [table.name, table]))
  for (const table of recipe.tables) {
    const asked = wanted.get(table.name)
    if (JSON.stringify(asked) === JSON.stringify(table)) continue
    const { name, amount } = table
    const last = recipe.tables.at(-1)?.name ?? name
    throw failure('filling-other', { url, workload, table: name, filled: amount, wanted: asked?.amount ?? null, last })
  }
}

/** The tables that are recorded as filled, less those that have lost all of their rows since. Throws `filling-other`. */
async function findFilled(
  database: Database,
  workload: string,
  tables: readonly TableFilling[],
): Promise<ReadonlySet<TableFilling>> {
  const records = await readFilled(database, workload)
  const filled = new Set<TableFilling>()
  for (const each of tables) {
    const record = records.get(each.table.name)
    if (!record) continue
    const wanted = amountText(each.amount)
    const about = { url: database.url, workload, table: record.name, filled: record.amount, wanted }
    if (record.amount !== wanted) throw failure('filling-other', about)
    // Somebody may have dropped the table, which was made anew.
    if (record.rows === 0 || !(await isEmpty(database, each))) filled.add(each)
    else await forgetFilled(database, workload, [record.name])
  }
  return filled
}

async function isEmpty(database: Database, { table }: TableFilling): Promise<boolean> {
  return (await database.store.find(table, {}, { limit: 1 })).length === 0
}

function isFailure(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

async function requireEmpty(database: Database, workload: string, tables: readonly TableFilling[]): Promise<void> {
  for (const each of tables) {
    if (!(await isEmpty(database, each)))
      throw failure('filling-remains', { url: database.url, workload, table: each.table.name })
  }
}

function recipeOf(seed: string, tables: readonly TableFilling[]): FillRecipe {
  return {
    seed,
    tables: tables.map(({ table, parts, amount }) => ({
      name: table.name,
      amount: amountText(amount),
      rows: parts.map(({ rows }) => rows),
    })),
  }
}

function sumRows(tables: readonly TableFilling[]): number {
  return tables.flatMap(({ parts }) => parts).reduce((sum, { rows }) => sum + rows, 0)
}

/** Stores what is missing of the journal's tables. Indexes are made when all rows are in, which is faster on every engine. */
function storeTables(
  database: Database,
  workload: string,
  tables: readonly TableFilling[],
  { recipe, stored }: FillJournal,
  { connections, onProgress, signal }: FillOptions,
) {
  const kind = fillJournal(workload)
  const plans = planFillBlocks(tables)
  const indexed = tables.map(({ table }) => table).filter(({ indexes }) => indexes.length > 0)
  const run = {
    plans,
    stored,
    open: async (strategy: InsertStrategy) => openFillStore(database, kind, { plans, seed: recipe.seed }, strategy),
    async prepare() {
      for (const table of indexed) await database.dropIndexes(table)
    },
    async finish() {
      for (const table of indexed) await database.createIndexes(table)
      await database.settleTables?.(tables.map(({ table }) => table))
      await recordFilled(database, workload, tables)
      await removeJournal(database, kind)
    },
    onRefused: async () => {},
  }
  // An engine with one writer would only make them wait for each other.
  const most = database.traits.concurrentWriters ? connections : 1
  return runBlocks(database, run, { connections: most, onProgress, ...(signal && { signal }) })
}
