import { isSet, type RunConfig } from '../config/resolve.ts'
import { namesWith, type Settings } from '../config/settings.ts'
import type { Database } from '../ports/database.ts'
import { requireTables } from '../adapters/databases/migrate.ts'
import { readFacts } from '../adapters/databases/server-facts.ts'
import { addRetries } from '../adapters/databases/retry.ts'
import { failure, RushbenchError } from '../base/errors/errors.ts'
import { formatCount, plain } from '../base/format.ts'
import type { SeedReport } from '../record/record.ts'
import { readReportsOf } from '../record/store.ts'
import { documentOf } from '../render/render.ts'
import { terminalText } from '../render/terminal/terminal.ts'
import { emptySum, type RowSum } from '../seeding/checksum.ts'
import { beginJournal, readJournal, refuseUnfinished, takeOverJournal } from '../seeding/journal.ts'
import { releaseLease, type LeaseOptions } from '../seeding/lease.ts'
import {
  requireSameRecipe,
  type AskedRecipe,
  encodeRecipe,
  rowsOf,
  type SeedRecipe,
  seedingsOf,
} from '../seeding/recipe.ts'
import { finishSeeding, resumeSeeding } from '../seeding/seed.ts'
import type { SpreadSeeding } from '../seeding/distributed/spread.ts'
import { compareSums, sumRecipe, sumTable } from '../seeding/verify.ts'
import { abandonSeeding, planReservations, reservationSeeding } from '../workloads/vaccination/seeding.ts'
import { vaccination } from '../workloads/vaccination/index.ts'
import { describeRun } from './describe-run.ts'
import { openDatabase, untilStopped, type RunContext } from './run-context.ts'
import { requirePlaces, saveAndPrint } from './save-run.ts'
import { requireServices } from './services.ts'
import { isDeferred, reservationJournal, type SeedJournal } from '../seeding/reservation-journal.ts'

/** Options of a seeding that are no settings. */
export interface SeedRequest {
  /** Go on with the unfinished seeding. */
  readonly resume: boolean
  /** Compare the table's checksum with that of the seeded rows. */
  readonly verify: boolean
}

/** Another process finished the seeding while this one waited to resume it. */
interface FinishedElsewhere {
  readonly finishedElsewhere: true
  readonly rows: number
}

interface Verified {
  readonly verified: RowSum
}

/** A seeding of one database. */
interface Seeding {
  readonly context: RunContext
  readonly config: RunConfig
  readonly database: Database
  readonly verify: boolean
}

/**
 * Seeds reservations, resumes an unfinished seeding, or, with nothing to seed, verifies what earlier ones have stored.
 * Saves and prints a report of rows that it stored.
 */
export async function seedReservations(
  context: RunContext,
  config: RunConfig,
  { resume, verify }: SeedRequest,
): Promise<SeedReport | FinishedElsewhere | Verified> {
  const { values } = config
  await requirePlaces(values.reports)
  await using database = await openDatabase(context, values.db, values.connections + 1)
  await requireTables(database, vaccination.name, vaccination.tables, vaccination.migrations)
  const seeding = { context, config, database, verify }
  if (verify && !resume && !asksToSeed(config)) return await verifySeeded(seeding)
  requireWriters(database, values)
  if (values.workers !== undefined) await requireServices(values, ['queue'])
  const startedAt = new Date()
  try {
    const journal = resume ? await resumeJournal(seeding) : await begin(seeding)
    if ('recipe' in journal) return await store(seeding, journal, startedAt)
    return verify ? await verifySeeded(seeding) : journal
  } finally {
    await releaseLease(database)
  }
}

/** Keeps what an unfinished seeding has stored, and forgets the rest of it. */
export async function abandonReservations(
  context: RunContext,
  { db, connections }: Settings,
): Promise<{ readonly abandoned: boolean }> {
  await using database = await openDatabase(context, db, connections + 1)
  await requireTables(database, vaccination.name, vaccination.tables, vaccination.migrations)
  const isSeeding = (await abandonSeeding(database, leaseOf(context))) === 'seeding'
  const what = isSeeding ? 'The unfinished seeding is' : 'The timed inserts are'
  context.log(`${what} forgotten. What was stored is kept, and stock is true for it.`)
  return { abandoned: true }
}

/** Stores the blocks that the journal says are missing, and saves the report. */
async function store(seeding: Seeding, journal: SeedJournal, startedAt: Date): Promise<SeedReport> {
  const { context, config, database, verify } = seeding
  const { values } = config
  const spread = await spreadOverWorkers(seeding, journal)
  const { interrupted, ...seed } = await context.progress.track('Reservations', 'rows', (onProgress) => {
    const options = { connections: values.connections, onProgress, signal: context.signal }
    return resumeSeeding(database, reservationSeeding, journal, options, spread?.store)
  })
  for (const reason of seed.passedOver) context.warn(`not used: ${reason}`)
  if (interrupted) throw failure('interrupted', { done: describeRest(database, journal, seed.resumedAt + seed.rows) })
  const { keys, order, indexes, seed: seedText } = journal.recipe
  const server = await readFacts(database, vaccination.tables)
  // The rows are stored whatever the check finds: their report is saved before its error is thrown.
  const later =
    'The check was not made to its end. The rows are stored; make it by "rushbench insert-reservations --verify".'
  const [checked] = await Promise.allSettled([
    verify
      ? untilStopped(context, later, async () => {
          const expected = await sumSeeded(context, journal.recipe, journal.before ?? emptySum)
          return compareSums(reservationSeeding, expected, await sumStored(seeding))
        })
      : null,
  ])
  const verified = checked.status === 'fulfilled' ? checked.value : null
  const report: SeedReport = {
    ...describeRun('seed', { startedAt, config, engine: database.engine, server, version: context.version }),
    seed: seedText,
    ...seed,
    passedOver: [...seed.passedOver],
    keys,
    order,
    indexes,
    connections: values.connections,
    ...(verified ? { verified } : {}),
    recipe: encodeRecipe(journal.recipe),
    ...(spread ? { workers: [...spread.workers()] } : {}),
    retries: addRetries([database.retries(), spread?.retries() ?? {}]),
  }
  await saveAndPrint(report, values, { log: context.log, summary: terminalText(documentOf(report), context.paint) })
  if (checked.status === 'rejected') throw checked.reason
  return report
}

/** Returns null without workers. */
async function spreadOverWorkers(
  { context, config, database }: Seeding,
  journal: SeedJournal,
): Promise<SpreadSeeding | null> {
  const { workers, queue, connections, workerWait: waitMs } = config.values
  if (workers === undefined || queue === undefined) return null
  // BullMQ takes long to load, so only a seeding that needs it waits for it.
  const { spreadSeeding } = await import('../seeding/distributed/spread.ts')
  const { version, signal } = context
  const onNote = (text: string): void => context.note(plain(text))
  return spreadSeeding(database, journal, { queue, workers, connections, version, waitMs, signal, onNote })
}

async function begin(seeding: Seeding): Promise<SeedJournal> {
  const { context, config, database, verify } = seeding
  const { values } = config
  await refuseUnfinished(database, reservationJournal)
  const amount = values.rows === undefined ? { perSlot: values.number } : { rows: values.rows }
  const recipe = await planReservations(database, amount, values)
  const before = verify && recipe.firstSerial > 0 ? await sumStored(seeding) : null
  return beginJournal(database, reservationJournal, recipe, before, leaseOf(context))
}

/** Takes over the unfinished seeding; begins one where there is none and rows are asked for. */
async function resumeJournal(seeding: Seeding): Promise<SeedJournal | FinishedElsewhere> {
  const { context, config, database, verify } = seeding
  const { table } = reservationSeeding.layout
  const asked = recipeAskedFor(config)
  const mayBegin = asked.rows !== undefined || asked.number !== undefined
  const found = await readJournal(database, reservationJournal)
  if (mayBegin && !found) return begin(seeding)
  if (found && rowsOf(found.recipe) > 0) requireSameRecipe(database.url, found.recipe, asked)
  if (found && verify) requireVerifiable(found)
  const journal = await takeOverJournal(database, reservationJournal, [table], leaseOf(context)).catch(
    async (error: unknown) => {
      const isGone = error instanceof RushbenchError && error.code === 'seeding-none'
      if (isGone && found && (await isStored(database, found))) return finishedElsewhere(context, found)
      throw error
    },
  )
  if (!('recipe' in journal)) return journal
  if (!mayBegin || rowsOf(journal.recipe) > 0) return journal
  // A journal without rows belongs to timed inserts, which left the stock to be counted.
  await finishSeeding(database, reservationSeeding, journal.recipe)
  return begin(seeding)
}

function finishedElsewhere({ log }: RunContext, { recipe }: SeedJournal): FinishedElsewhere {
  const rows = rowsOf(recipe)
  log(`The seeding was finished meanwhile by another process: all of its ${formatCount(rows)} rows are stored.`)
  return { finishedElsewhere: true, rows }
}

/** Checks the table against what the saved reports say was seeded. */
async function verifySeeded(seeding: Seeding): Promise<Verified> {
  const { context, config, database } = seeding
  const { reports: folder } = config.values
  await refuseUnfinished(database, reservationJournal)
  const { shown } = config.settings.db
  const reports = (await readReportsOf(folder, 'seed')).filter(({ config: { db } }) => db === shown)
  const recipes = seedingsOf(reports)
  if (!recipes) throw failure('seeding-unknown', { folder, url: database.url })
  const seeded = recipes.reduce((sum, recipe) => sum + rowsOf(recipe), 0)
  const found = await database.store.count(reservationSeeding.layout.table)
  if (found > seeded) throw failure('rows-added', { seeded, found })
  const verified = await untilStopped(
    context,
    'The check was not made to its end. It can be made again at any time.',
    async () => {
      let expected = emptySum
      for (const recipe of recipes) expected = await sumSeeded(context, recipe, expected)
      return compareSums(reservationSeeding, expected, await sumStored(seeding))
    },
  )
  context.log(`${formatCount(verified.rows)} rows are as they were seeded, checksum ${verified.checksum}.`)
  return { verified }
}

function sumSeeded({ progress, signal }: RunContext, recipe: SeedRecipe, before: RowSum): Promise<RowSum> {
  return progress.track('Expected', 'rows', (onProgress) =>
    sumRecipe(reservationSeeding, recipe, before, onProgress, signal),
  )
}

function sumStored({ context: { progress, signal }, database }: Seeding): Promise<RowSum> {
  return progress.track('Reading', 'rows', (onProgress) => sumTable(database, reservationSeeding, onProgress, signal))
}

function leaseOf({ note, signal }: RunContext): LeaseOptions {
  return { onWait: (text) => note(plain(text)), signal }
}

/** Whether the table has as many rows as the seeding was to leave in it. */
async function isStored(database: Database, { recipe }: SeedJournal): Promise<boolean> {
  const rows = rowsOf(recipe)
  return rows > 0 && (await database.store.count(reservationSeeding.layout.table)) >= recipe.firstSerial + rows
}

/** Throws `usage-wrong`, before anything is stored, where nobody knows what the table held before. */
function requireVerifiable({ before, recipe }: SeedJournal): void {
  if (before || recipe.firstSerial === 0) return
  throw failure('usage-wrong', {
    reason:
      'Nothing was stored: this seeding was begun without --verify, and the table was not empty then, so that there is nothing to check the table against. Go on with --resume alone.',
  })
}

/** Whether rows are asked for, by a flag, a variable or a file. */
function asksToSeed(config: RunConfig): boolean {
  const { rows, number } = recipeAskedFor(config)
  return rows !== undefined || number !== undefined
}

/** Returns what of a recipe was set, by a flag, a variable or a file. */
function recipeAskedFor({ settings, values }: RunConfig): AskedRecipe {
  const names = namesWith('recipe').filter((name) => isSet(settings[name]))
  const { number, ...asked }: AskedRecipe = Object.fromEntries(names.map((name) => [name, values[name]]))
  // Rows override a number for each slot.
  return number === undefined || values.rows !== undefined ? asked : { ...asked, number }
}

/** Throws `usage-wrong` for workers without a queue, and for more writers than the engine takes. */
function requireWriters({ traits, engine }: Database, { connections, workers, queue }: Settings): void {
  const wrong = (reason: string) => failure('usage-wrong', { reason })
  if (workers === undefined && queue !== undefined)
    throw wrong('Say by --workers how many workers on --queue there may be.')
  if (workers !== undefined && queue === undefined)
    throw wrong('--workers needs --queue, where the workers wait. On one machine, --connections does as well.')
  if (traits.concurrentWriters) return
  if (workers !== undefined) throw wrong(`${engine.name} takes one writer at a time: leave out --workers and --queue.`)
  if (connections > 1) throw wrong(`${engine.name} takes one writer at a time: leave out --connections.`)
}

function describeRest(database: Database, { recipe }: SeedJournal, stored: number): string {
  const state = isDeferred(database, recipe) ? 'stock is not set yet' : 'stock is true for them'
  return `${formatCount(stored)} of ${formatCount(rowsOf(recipe))} rows are stored, and ${state}. Go on with --resume, or forget the rest with --abandon.`
}
