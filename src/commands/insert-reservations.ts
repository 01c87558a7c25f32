import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import type { RunConfig } from '../lib/config/resolve.ts'
import type { Settings } from '../lib/config/settings.ts'
import type { Database } from '../lib/ports/database.ts'
import { requireTables } from '../lib/adapters/databases/migrate.ts'
import { readFacts } from '../lib/adapters/databases/server-facts.ts'
import { addRetries } from '../lib/adapters/databases/retry.ts'
import { failure, RushbenchError } from '../lib/base/errors/errors.ts'
import { describeRun } from '../lib/app/describe-run.ts'
import { formatCount, plain } from '../lib/base/format.ts'
import type { SeedReport } from '../lib/record/record.ts'
import { readReportsOf } from '../lib/record/store.ts'
import { seedSummary } from '../lib/render/terminal/text.ts'
import { emptySum, type RowSum } from '../lib/seeding/checksum.ts'
import {
  beginJournal,
  isDeferred,
  readJournal,
  refuseUnfinished,
  takeOverJournal,
  type Journal,
} from '../lib/seeding/journal.ts'
import { releaseLease, type LeaseOptions } from '../lib/seeding/lease.ts'
import { requireSameRecipe, type AskedRecipe } from '../lib/seeding/same-recipe.ts'
import { encodeRecipe, rowsOf, type SeedRecipe } from '../lib/seeding/recipe.ts'
import { seedingsOf } from '../lib/seeding/seeded.ts'
import { finishSeeding, resumeSeeding } from '../lib/seeding/seed.ts'
import type { SpreadSeeding } from '../lib/seeding/distributed/spread.ts'
import { compareSums, sumRecipe, sumTable } from '../lib/seeding/verify.ts'
import { abandonSeeding } from '../lib/workloads/vaccination/abandon.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'
import { planReservations, reservationSeeding } from '../lib/workloads/vaccination/seeding.ts'
import { requireServices } from '../lib/app/require-services.ts'
import { requirePlaces, saveAndPrint } from '../lib/app/save-run.ts'

const planFlags = ['number', 'rows', 'keys', 'order', 'indexes', 'seed'] as const

export default class InsertReservations extends BaseCommand {
  static override usage = [
    '<%= command.id %> [--rows <value> | --number <value>] [FLAGS]',
    '<%= command.id %> --resume [--rows <value>] [--verify] [FLAGS]',
    '<%= command.id %> --verify [--db <value>] [--reports <value>]',
    '<%= command.id %> --abandon [--db <value>]',
  ]
  static override summary = "Seed reservations in bulk, by the engine's fastest way in."
  static override description = `Spread evenly over the slots; each slot's stock stays true. Blocks of up to 50,000 rows are committed one by
one, each with its entry in a journal: after Ctrl-C, kill -9 or the loss of the server, --resume stores exactly the
blocks that are missing. The same seed gives the same rows, however many connections store them. With --order shuffled
or --indexes after, and on MongoDB and Redis, stock is set when all rows are in.

With --workers and --queue the blocks are stored by "rushbench worker --queue ... --db ..." on any machines, each over
--connections; the rows are the same. docs/seeding.md explains it.

With --verify and nothing to seed, the table is held against what the reports in --reports say was seeded.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --rows 10m --keys random --connections 2 --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --resume --verify',
    '<%= config.bin %> <%= command.id %> --rows 1000m --workers 8 --queue redis://127.0.0.1:6379 --db mysql://user:password@127.0.0.1/test',
  ]
  static override flags = {
    ...settingFlags('db', 'number', 'rows', 'keys', 'order', 'indexes', 'connections', 'seed', 'reports', 'report'),
    ...settingFlags('workers', 'queue', 'workerWait'),
    resume: Flags.boolean({
      summary: 'go on with the seeding that was not finished; with --rows or --number, begin it where there is none',
    }),
    abandon: Flags.boolean({
      summary: 'keep what an unfinished seeding has stored, and forget the rest',
      exclusive: ['resume', 'verify', ...planFlags],
    }),
    verify: Flags.boolean({
      summary:
        'read the whole table, after a seeding or at any later time, and hold its checksum against the seeded rows',
    }),
  }

  async run(): Promise<
    SeedReport | { readonly abandoned: boolean } | FinishedElsewhere | { readonly verified: RowSum }
  > {
    const { flags } = await this.parse(InsertReservations)
    const config = await this.resolveSettings(flags)
    const { values } = config
    if (!flags.abandon) await requirePlaces(values.reports)
    await using database = await this.openDatabase(values.db, values.connections + 1)
    await requireTables(database, vaccination.name, vaccination.tables)
    if (flags.abandon) return await this.#abandon(database)
    if (flags.verify && !flags.resume && !asksToSeed(config)) return await this.#verifyLater(database, config)
    requireWriters(database, values)
    if (values.workers !== undefined) await requireServices(values, ['queue'])
    const startedAt = new Date()
    try {
      const journal = flags.resume
        ? await this.#resume(database, config, flags.verify)
        : await this.#begin(database, config, flags.verify)
      if (!('recipe' in journal)) return flags.verify ? await this.#verifyLater(database, config) : journal
      return await this.#seed(database, journal, config, { startedAt, verify: flags.verify })
    } finally {
      await releaseLease(database)
    }
  }

  async #seed(
    database: Database,
    journal: Journal,
    config: RunConfig,
    { startedAt, verify }: { readonly startedAt: Date; readonly verify: boolean },
  ): Promise<SeedReport> {
    const { values } = config
    const spread = await this.#spread(database, journal, values)
    const { interrupted, ...seed } = await this.withProgress('Reservations', 'rows', (onProgress) => {
      const options = { connections: values.connections, onProgress, signal: this.signal }
      return resumeSeeding(database, reservationSeeding, journal, options, spread?.store)
    })
    for (const reason of seed.passedOver) this.warn(`not used: ${reason}`)
    if (interrupted) throw failure('interrupted', { done: whatIsLeft(database, journal, seed.resumedAt + seed.rows) })
    const { keys, order, indexes, seed: seedText } = journal.recipe
    const server = await readFacts(database, vaccination.tables)
    // The rows are stored, whatever the check comes to: their report is saved first.
    const later = 'The rows are stored; make it by "rushbench insert-reservations --verify".'
    const [checked] = await Promise.allSettled([
      verify ? this.#endable(later, () => this.#verify(database, journal)) : null,
    ])
    const verified = checked.status === 'fulfilled' ? checked.value : null
    const report: SeedReport = {
      ...describeRun('seed', { startedAt, config, engine: database.engine, server, version: this.config.version }),
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
    const summary = seedSummary(report)
    await saveAndPrint(report, values, { log: (text) => this.log(text), summary })
    if (checked.status === 'rejected') throw checked.reason
    return report
  }

  /** Null without workers. */
  async #spread(database: Database, journal: Journal, values: Settings): Promise<SpreadSeeding | null> {
    const { workers, queue, connections, workerWait: waitMs } = values
    if (workers === undefined || queue === undefined) return null
    // BullMQ takes its time to load, which only those wait for who use it.
    const { spreadSeeding } = await import('../lib/seeding/distributed/spread.ts')
    const { version } = this.config
    const onNote = (text: string): void => this.logToStderr(plain(text))
    return spreadSeeding(database, journal, {
      queue,
      workers,
      connections,
      version,
      waitMs,
      signal: this.signal,
      onNote,
    })
  }

  async #begin(database: Database, { values }: RunConfig, verify: boolean): Promise<Journal> {
    await refuseUnfinished(database)
    const amount = values.rows === undefined ? { perSlot: values.number } : { rows: values.rows }
    const recipe = await planReservations(database, amount, values)
    const before = verify && recipe.firstSerial > 0 ? await this.#sumTable(database) : null
    return beginJournal(database, recipe, before, this.#lease())
  }

  /** Goes on with what is unfinished; begins where there is nothing, and it was said what to begin. */
  async #resume(database: Database, config: RunConfig, verify: boolean): Promise<Journal | FinishedElsewhere> {
    const { table } = reservationSeeding.layout
    const asked = recipeAskedFor(config)
    const beginsAnew = asked.rows !== undefined || asked.number !== undefined
    const found = await readJournal(database)
    if (beginsAnew && !found) return this.#begin(database, config, verify)
    if (found && rowsOf(found.recipe) > 0) requireSameRecipe(database.url, found.recipe, asked)
    if (found && verify) requireVerifiable(found)
    const journal = await takeOverJournal(database, table, this.#lease()).catch(async (error: unknown) => {
      const isGone = error instanceof RushbenchError && error.code === 'seeding-none'
      if (isGone && found && (await isStored(database, found))) return this.#finishedElsewhere(found)
      throw error
    })
    if (!('recipe' in journal)) return journal
    if (!beginsAnew || rowsOf(journal.recipe) > 0) return journal
    // Timed inserts have left the stock to be counted: nothing of a seeding.
    await finishSeeding(database, reservationSeeding, journal.recipe)
    return this.#begin(database, config, verify)
  }

  #finishedElsewhere({ recipe }: Journal): FinishedElsewhere {
    const rows = rowsOf(recipe)
    this.log(`The seeding was finished meanwhile by another process: all of its ${formatCount(rows)} rows are stored.`)
    return { finishedElsewhere: true, rows }
  }

  #lease(): LeaseOptions {
    return { onWait: (text) => this.logToStderr(plain(text)), signal: this.signal }
  }

  async #abandon(database: Database): Promise<{ readonly abandoned: boolean }> {
    const isSeeding = (await abandonSeeding(database, this.#lease())) === 'seeding'
    const what = isSeeding ? 'The unfinished seeding is' : 'The timed inserts are'
    this.log(`${what} forgotten. What was stored is kept, and stock is true for it.`)
    return { abandoned: true }
  }

  /** The table's sum, once it is what it should be. */
  async #verify(database: Database, { before, recipe }: Journal): Promise<RowSum> {
    const expected = await this.#sumRecipe(recipe, before ?? emptySum)
    return compareSums(reservationSeeding, expected, await this.#sumTable(database))
  }

  /** What was seeded, as the reports say, held against the table. */
  async #verifyLater(database: Database, { values, settings }: RunConfig): Promise<{ readonly verified: RowSum }> {
    await refuseUnfinished(database)
    const shown = settings.find(({ name }) => name === 'db')?.shown
    const reports = (await readReportsOf(values.reports, 'seed')).filter(({ config }) => config['db'] === shown)
    const recipes = seedingsOf(reports)
    if (!recipes) throw failure('seeding-unknown', { folder: values.reports, url: database.url })
    const seeded = recipes.reduce((sum, recipe) => sum + rowsOf(recipe), 0)
    const found = await database.store.count(reservationSeeding.layout.table)
    if (found > seeded) throw failure('rows-added', { seeded, found })
    const verified = await this.#endable('It can be made again at any time.', async () => {
      let expected = emptySum
      for (const recipe of recipes) expected = await this.#sumRecipe(recipe, expected)
      return compareSums(reservationSeeding, expected, await this.#sumTable(database))
    })
    this.log(`${formatCount(verified.rows)} rows are as they were seeded, checksum ${verified.checksum}.`)
    return { verified }
  }

  /** Ctrl-C ends a check, which changes nothing. */
  async #endable<T>(what: string, check: () => Promise<T>): Promise<T> {
    try {
      return await check()
    } catch (error) {
      if (!this.signal.aborted) throw error
      throw failure('interrupted', { done: `The check was not made to its end. ${what}` })
    }
  }

  #sumRecipe(recipe: SeedRecipe, before: RowSum): Promise<RowSum> {
    return this.withProgress('Expected', 'rows', (onProgress) =>
      sumRecipe(reservationSeeding, recipe, before, onProgress, this.signal),
    )
  }

  #sumTable(database: Database): Promise<RowSum> {
    return this.withProgress('Reading', 'rows', (onProgress) =>
      sumTable(database, reservationSeeding, onProgress, this.signal),
    )
  }
}

/** What `--resume` had to go on with was done by another process while it waited. */
interface FinishedElsewhere {
  readonly finishedElsewhere: true
  readonly rows: number
}

/** Whether the table has as many rows as the seeding was to leave in it. */
async function isStored(database: Database, { recipe }: Journal): Promise<boolean> {
  const rows = rowsOf(recipe)
  return rows > 0 && (await database.store.count(reservationSeeding.layout.table)) >= recipe.firstSerial + rows
}

/** Throws `usage-wrong`, before anything is stored, where nobody knows what the table held before. */
function requireVerifiable({ before, recipe }: Journal): void {
  if (before || recipe.firstSerial === 0) return
  throw failure('usage-wrong', {
    reason:
      'Nothing was stored: this seeding was begun without --verify, and the table was not empty then, so that there is nothing to hold the table against. Go on with --resume alone.',
  })
}

/** Whether rows are asked for, wherever that is set. */
function asksToSeed({ settings }: RunConfig): boolean {
  return settings.some(({ name, origin }) => (name === 'rows' || name === 'number') && origin !== 'default')
}

/** What was set of a recipe, wherever it was set. */
function recipeAskedFor({ settings, values }: RunConfig): AskedRecipe {
  const isSet = (wanted: string) => settings.some(({ name, origin }) => name === wanted && origin !== 'default')
  // Rows are stronger than a number for each slot.
  const names = planFlags.filter((name) => isSet(name) && !(name === 'number' && values.rows !== undefined))
  return Object.fromEntries(names.map((name) => [name, values[name]]))
}

/** Throws `usage-wrong`. */
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

function whatIsLeft(database: Database, { recipe }: Journal, stored: number): string {
  const state = isDeferred(database, recipe) ? 'stock is not set yet' : 'stock is true for them'
  return `${formatCount(stored)} of ${formatCount(rowsOf(recipe))} rows are stored, and ${state}. Go on with --resume, or forget the rest with --abandon.`
}
