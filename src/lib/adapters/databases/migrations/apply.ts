import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import type { AnyTable, Database, TableChange } from '../../../ports/database.ts'
import type { MigrationStep } from '../../../ports/migration.ts'
import type { TableShape } from '../../../ports/table-shape.ts'
import { isCreated } from '../errors.ts'
import { migrateUp, migrationStatus, refuseStates } from '../migrate.ts'
import { changesOf, checksumOf, knownMarks, leavesMarks, markOf, type Schema, tablesAt } from './history.ts'
import { type AppliedStep, readApplied, recordOf, withLock } from './records.ts'

/** How one step stands. `pending`: it is yet to be applied. `changed`: it was applied as something else. */
export interface StepStatus {
  readonly number: number
  readonly name: string
  readonly state: 'applied' | 'pending' | 'changed'
  /** ISO 8601; left out for steps that are pending, and for tables of before steps were recorded. */
  readonly appliedAt?: string
}

/** The steps that were applied to a database. */
interface Progress {
  /** The last step that its tables have. */
  readonly version: number
  readonly applied: readonly AppliedStep[]
}

/** How the steps of a workload stand, those of a newer version of rushbench too. */
export async function stepStatus(database: Database, schema: Schema): Promise<StepStatus[]> {
  const { version, applied } = await readProgress(database, schema)
  const known = schema.migrations.map((step): StepStatus => {
    const row = applied.find(({ step: number }) => number === step.number)
    const { number, name } = step
    if (!row) return { number, name, state: number <= version ? 'applied' : 'pending' }
    const state = row.checksum === checksumOf(step) ? 'applied' : 'changed'
    return { number, name, state, appliedAt: timeOf(row) }
  })
  const newer = applied.filter(({ step }) => step > schema.migrations.length)
  return [
    ...known,
    ...newer.map((row): StepStatus => ({ number: row.step, name: row.name, state: 'changed', appliedAt: timeOf(row) })),
  ]
}

function timeOf({ applied_at: ms }: AppliedStep): string {
  return new Date(ms).toISOString()
}

/**
 * Where nothing is recorded, tables are of the newest version whose marks all of them carry, without the steps of which no
 * mark tells: those can be applied twice.
 */
async function readProgress(database: Database, { name, migrations }: Schema): Promise<Progress> {
  const applied = (await readApplied(database, name)) ?? []
  const last = applied.at(-1)
  if (last) return { version: last.step, applied }
  const marks = new Set((await database.tables()).map(({ mark }) => mark))
  const isThere = (version: number): boolean =>
    [...tablesAt(migrations, version).values()].every((table) => marks.has(markOf(name, table)))
  const newest = migrations.findLast((step) => !leavesMarks(step) && isThere(step.number))
  return { version: newest?.number ?? 0, applied }
}

/** Throws `migration-changed` for an applied step that is another now, and `migration-newer` for one of a later version. */
function requireUnchanged(database: Database, { name, migrations }: Schema, { version, applied }: Progress): void {
  const url = database.url
  if (version > migrations.length) throw failure('migration-newer', { url, workload: name, step: version })
  for (const { step: number, checksum, name: title } of applied) {
    const step = migrations[number - 1]
    if (!step || checksumOf(step) !== checksum)
      throw failure('migration-changed', { url, workload: name, step: number, name: title })
  }
}

/** The steps that were applied, and what became of which tables, in order. */
export interface Applied {
  readonly steps: readonly Pick<MigrationStep, 'number' | 'name'>[]
  readonly created: readonly string[]
  readonly altered: readonly string[]
}

/** The changes that one step would make. */
export interface PlannedStep {
  readonly number: number
  readonly name: string
  readonly changes: readonly TableChange[]
}

/** The steps that a migration to version `to` would apply now. Throws what `applySteps` throws before it begins. */
export async function planSteps(database: Database, schema: Schema, to?: number): Promise<PlannedStep[]> {
  const target = await requireTarget(database, schema, to)
  if (schema.migrations.length === 0) return planTables(database, schema)
  const { version, applied } = await readProgress(database, schema)
  const repair = await missingAt(database, schema, version)
  const done = Math.max(version, applied.length)
  const begun = repair.length === 0 ? [] : [{ ...titleOf(schema, done), changes: repair }]
  const steps = schema.migrations.slice(done, target)
  const planned: PlannedStep[] = []
  for (const { number, name } of steps)
    planned.push({ number, name, changes: await leftOf(database, schema, changesOf(schema, number)) })
  return [...begun, ...planned]
}

/** The making of tables that have no steps, as one. */
async function planTables(database: Database, { name, tables }: Schema): Promise<PlannedStep[]> {
  const missing = new Set(await missingOf(database, name, tables))
  const changes = tables
    .filter((table) => missing.has(table.name))
    .map((table): TableChange => ({ kind: 'create', table, mark: markOf(name, table) }))
  return changes.length === 0 ? [] : [{ number: 1, name: 'the tables that the settings ask for', changes }]
}

async function missingOf(database: Database, name: string, tables: readonly AnyTable[]): Promise<string[]> {
  const status = await migrationStatus(database, name, tables)
  refuseStates(database, status, 'foreign', 'outdated')
  return status.filter(({ state }) => state === 'missing').map((table) => table.name)
}

function titleOf({ migrations }: Schema, number: number): Pick<MigrationStep, 'number' | 'name'> {
  return { number, name: migrations[number - 1]?.name ?? '' }
}

/** Refuses what no step may touch; the version to go to. */
async function requireTarget(database: Database, schema: Schema, to = schema.migrations.length): Promise<number> {
  const progress = await readProgress(database, schema)
  requireUnchanged(database, schema, progress)
  const { migrations, name } = schema
  if (to > migrations.length || to < progress.version)
    throw failure('migration-target', { workload: name, to, version: progress.version, last: migrations.length })
  const all = await statusOfEver(database, schema)
  refuseStates(database, all, 'foreign', 'outdated')
  return to
}

/** How all tables that any version has stand. */
function statusOfEver(database: Database, { name, migrations }: Schema) {
  const ever = new Map(migrations.flatMap((_, index) => [...tablesAt(migrations, index + 1)]))
  return migrationStatus(database, name, [...ever.values()], migrations)
}

/** Tables that the applied steps made and that somebody has dropped. */
async function missingAt(database: Database, schema: Schema, version: number): Promise<TableChange[]> {
  const present = new Set((await database.tables()).map(({ name }) => name))
  return [...tablesAt(schema.migrations, version).values()]
    .filter(({ name }) => !present.has(name))
    .map((table): TableChange => ({ kind: 'create', table, mark: markOf(schema.name, table) }))
}

const nothingApplied: Applied = { steps: [], created: [], altered: [] }

/**
 * Applies the steps up to `to` that are missing, one after the other, and records each; makes tables anew that were
 * dropped. Throws `table-foreign`, `table-outdated`, `migration-changed`, `migration-newer`, `migration-target` and
 * `migration-running` before it begins, and `step-failed`, with the steps before it applied.
 */
export async function applySteps(
  database: Database,
  schema: Schema,
  options: { readonly to?: number | undefined; readonly patienceMs?: number } = {},
): Promise<Applied> {
  await requireTarget(database, schema, options.to)
  if (schema.migrations.length === 0) return makeTables(database, schema, options)
  if (options.to === undefined && (await isUpToDate(database, schema))) return nothingApplied
  return withLock(database, schema.name, options, async () => {
    // Another migration may have been waited for.
    const target = await requireTarget(database, schema, options.to)
    const { version, applied } = await readProgress(database, schema)
    const changed: TableChange[] = await missingAt(database, schema, version)
    await database.createTables(changed.filter(isCreated))
    const steps: Applied['steps'][number][] = []
    for (const step of schema.migrations.slice(0, target)) {
      if (applied.some(({ step: number }) => number === step.number)) continue
      const isNew = step.number > version
      const left = isNew ? await leftOf(database, schema, changesOf(schema, step.number)) : []
      await applyStep(database, schema, step, left)
      if (isNew) steps.push({ number: step.number, name: step.name })
      changed.push(...left)
    }
    const created = new Set(changed.filter(isCreated).map(({ table }) => table.name))
    const altered = new Set(changed.map(({ table }) => table.name).filter((name) => !created.has(name)))
    return { steps, created: [...created], altered: [...altered] }
  })
}

/** Makes those tables that are missing of a workload whose tables have no steps: they are as many as its settings ask for. */
async function makeTables(
  database: Database,
  { name, tables }: Schema,
  options: { readonly patienceMs?: number },
): Promise<Applied> {
  if ((await missingOf(database, name, tables)).length === 0) return nothingApplied
  const created = await withLock(database, name, options, () => migrateUp(database, name, tables))
  return { ...nothingApplied, created }
}

/** Applies the steps that are missing, if any: a user that may make no tables needs none of the records where all are there. */
export async function ensureTables(database: Database, schema: Schema): Promise<void> {
  const status = await migrationStatus(database, schema.name, schema.tables, schema.migrations)
  if (status.some(({ state }) => state !== 'present')) await applySteps(database, schema)
}

/** The last step is recorded, and no table is missing. */
async function isUpToDate(database: Database, schema: Schema): Promise<boolean> {
  const applied = await readApplied(database, schema.name)
  if (applied?.length !== schema.migrations.length) return false
  return (await missingAt(database, schema, schema.migrations.length)).length === 0
}

async function applyStep(
  database: Database,
  { name: workload }: Schema,
  step: MigrationStep,
  changes: readonly TableChange[],
): Promise<void> {
  try {
    await database.changeTables(changes, await recordOf(database, workload, step))
  } catch (error) {
    // The first step is the making of tables, of which engines tell more.
    if (step.number === 1 || (error instanceof RushbenchError && error.code !== 'migration-failed')) throw error
    const { url, traits } = database
    const reason = reasonOf(error instanceof RushbenchError && error.cause ? error.cause : error)
    const about = { url, step: step.number, name: step.name, workload, reason, isWhole: traits.transactionalDdl }
    throw failure('step-failed', about, error)
  }
}

/** The changes that are not there yet: an engine that cannot take DDL back may have made some of them before it failed. */
async function leftOf(database: Database, schema: Schema, changes: readonly TableChange[]): Promise<TableChange[]> {
  const marks = knownMarks(schema)
  const present = new Map((await database.tables()).map(({ name, mark }) => [name, mark]))
  const touched = new Map<string, AnyTable>()
  for (const { kind, table } of changes)
    if (kind !== 'create' && present.has(table.name)) touched.set(table.name, table)
  const shapes = await database.shapes([...touched.values()])
  const found = new Map(shapes.map((shape) => [shape.name, shape.found]))
  return changes.filter((change) => {
    // Another engine has nothing beside its tables.
    if (change.kind === 'remake triggers') return database.describeChanges([change]).length > 0
    if (change.kind === 'create') return !marks.has(present.get(change.table.name) ?? '')
    return !isMade(change, found.get(change.table.name), present.has(change.table.name))
  })
}

function isMade(change: TableChange, shape: TableShape | undefined, isPresent: boolean): boolean {
  if (change.kind === 'drop') return !isPresent
  if (!shape || change.kind === 'create' || change.kind === 'remake triggers') return false
  if (change.kind === 'add column') return shape.columns?.some(({ name }) => name === change.column) ?? false
  const isThere = shape.indexes.some(
    ({ unique, limits, columns }) => !unique && limits === '' && columns.join() === change.columns.join(),
  )
  return change.kind === 'add index' ? isThere : !isThere
}
