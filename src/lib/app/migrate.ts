import { compareTables, dropAllTables, type TableComparison } from '../adapters/databases/migrate.ts'
import { applySteps, planSteps, stepStatus, type StepStatus } from '../adapters/databases/migrations/apply.ts'
import { forgetSteps } from '../adapters/databases/migrations/records.ts'
import { describeDifference, describeExtras } from '../adapters/databases/table-shapes.ts'
import { failure } from '../base/errors/errors.ts'
import { formatCount, formatTable, plain } from '../base/format.ts'
import type { Settings } from '../config/settings.ts'
import { forgetFillings, readFillings, type FillingStatus } from '../seeding/filling/fill.ts'
import { removeJournal, takeOverIfThere } from '../seeding/journal.ts'
import type { Database } from '../ports/database.ts'
import { workloadOf, type BuiltInWorkload } from '../workloads/registry.ts'
import { openDatabase, type RunContext } from './run-context.ts'
import { reservationJournal } from '../seeding/reservation-journal.ts'

/** Chooses what happens to the tables; without any of these they are created. */
export interface MigrateRequest {
  readonly down: boolean
  /** Change nothing. */
  readonly status: boolean
  /** Change nothing, and print what would be sent. */
  readonly dryRun?: boolean
  /** The step to go to; the last unless it is given. */
  readonly to?: number | undefined
  /** Create them, and add what users need that is missing in them. */
  readonly fill: boolean
}

/** Rows that users need: how many there are, and how many were added. */
export interface AddedRows {
  readonly rows: number
  readonly added: number
}

/** A migration, and the tables as they are after it. */
export interface Migration {
  readonly url: string
  /** Tables that were created, altered or dropped. */
  readonly changed: readonly string[]
  readonly tables: readonly TableComparison[]
  readonly steps: readonly StepStatus[]
  /** Statements or commands of the steps that a dry run would have applied; left out otherwise. */
  readonly planned?: readonly {
    readonly number: number
    readonly name: string
    readonly statements: readonly string[]
  }[]
  /** Parts of tables that this engine does not support. */
  readonly leftOut: readonly string[]
  /** Tables that are filled in blocks; left out where there are none. */
  readonly fillings?: FillingStatus
  /** Left out where nothing was asked to be filled. */
  readonly filled?: AddedRows
}

/**
 * Adds what users of a workload need and is missing in its tables, which are there: slots, accounts, orders. Throws
 * `interrupted` when it is stopped.
 */
export async function fillTables(
  context: Pick<RunContext, 'progress' | 'signal'>,
  workload: BuiltInWorkload,
  database: Database,
  values: Settings,
): Promise<AddedRows> {
  const { done, total, added } = await context.progress.track('Seeding', workload.seeds, async (onProgress) => {
    let state = { done: 0, total: 0, added: 0 }
    for await (state of workload.seed(database, values, context.signal)) onProgress(state)
    return state
  })
  if (done < total) {
    const rows = `${formatCount(done)} of ${formatCount(total)} ${workload.seeds}`
    throw failure('interrupted', { done: `${rows} are in place.` })
  }
  return { rows: total, added }
}

/** A migration takes one connection for its work, and one to keep its lock. */
const poolSize = 2

/** Brings the tables of a workload to a step, drops them or only looks at them, and prints how they are. */
export async function migrateTables(
  context: RunContext,
  values: Settings,
  { down, status, dryRun = false, to, fill }: MigrateRequest,
): Promise<Migration> {
  const workload = await workloadOf(values)
  const { name, tables, migrations } = workload
  await using database = await openDatabase(context, values.db, poolSize + values.connections, {
    makesNothing: status || down || dryRun,
  })
  const { url, unsupported } = database
  context.log(`${database.engine.name} ${database.engine.version}, ${url}`)
  const planned = dryRun ? await plan(context, database, workload, to) : null
  const became = new Map<string, 'created' | 'altered' | 'dropped'>()
  if (down) for (const table of await dropTables(context, database, workload)) became.set(table, 'dropped')
  else if (!status && !dryRun) {
    const { created, altered } = await applySteps(database, workload, { to })
    for (const table of created) became.set(table, 'created')
    for (const table of altered) became.set(table, 'altered')
  }
  const compared = await compareTables(database, name, tables, migrations)
  const steps = await stepStatus(database, workload)
  const fillings = await readFillings(database, name)
  const migration = {
    url,
    changed: [...became.keys()],
    tables: compared,
    steps,
    leftOut: unsupported,
    ...(fillings && { fillings }),
  }
  if (planned) return { ...migration, planned }
  printTables(context, migration, became)
  if (!fill) return migration
  const filled = await fillTables(context, workload, database, values)
  context.log(`${formatCount(filled.rows)} ${workload.seeds} in place, ${formatCount(filled.added)} of them new.`)
  return { ...migration, filled }
}

async function dropTables(
  { signal }: RunContext,
  database: Database,
  { name, tables, seedsInBlocks }: BuiltInWorkload,
): Promise<readonly string[]> {
  // A seeding that is under way would find its tables gone.
  if (seedsInBlocks) await takeOverIfThere(database, reservationJournal, { signal })
  await forgetFillings(database, name, { signal })
  const dropped = await dropAllTables(database, name, tables)
  await forgetSteps(database, name)
  if (seedsInBlocks) await removeJournal(database, reservationJournal)
  return dropped
}

/** Prints what a migration would send. */
async function plan(
  { log }: RunContext,
  database: Database,
  workload: BuiltInWorkload,
  to: number | undefined,
): Promise<NonNullable<Migration['planned']>> {
  const planned = (await planSteps(database, workload, to)).map(({ number, name, changes }) => ({
    number,
    name,
    statements: database.describeChanges(changes),
  }))
  if (planned.length === 0) log('Nothing is left to be applied.')
  for (const { number, name, statements } of planned) {
    log(`-- step ${number}: ${name}`)
    if (statements.length === 0) log('-- nothing is to be sent here')
    for (const statement of statements) log(plain(`${statement};`))
  }
  return planned
}

function printTables(
  { log }: RunContext,
  { tables, steps, leftOut, fillings }: Migration,
  became: ReadonlyMap<string, string>,
): void {
  const ofSteps = steps.map(({ number, name, state, appliedAt = '-' }) => [String(number), state, appliedAt, name])
  if (steps.length > 0) log(formatTable(['step', 'state', 'applied at', 'name'], ofSteps))
  const ofTables = tables.map(({ name, state }) => [name, became.get(name) ?? state])
  log(formatTable(['table', 'state'], ofTables))
  for (const line of tables.flatMap(describeComparison)) log(plain(line))
  for (const [amount, filled] of Map.groupBy(fillings?.filled ?? [], (each) => each.amount)) {
    const rows = filled.reduce((sum, each) => sum + each.rows, 0)
    log(plain(`filled by ${amount}: ${filled.map(({ name }) => name).join(', ')}, ${formatCount(rows)} rows`))
  }
  if (fillings?.isUnfinished) log('A filling was not finished: --fill goes on with it.')
  for (const what of leftOut) log(`unsupported: ${what}`)
}

function describeComparison({ name, differences, extras, notCompared }: TableComparison): string[] {
  return [
    ...(notCompared === undefined ? [] : [`not compared: ${name}: ${notCompared}`]),
    ...differences.map((difference) => `differs: ${describeDifference(name, difference)}`),
    ...describeExtras(extras).map((extra) => `allowed: ${name} also has ${extra}`),
  ]
}
