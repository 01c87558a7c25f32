import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ignoreFailure } from '../../../base/abort.ts'
import { failure } from '../../../base/errors/errors.ts'
import { thisProcess } from '../../../base/processes.ts'
import type { AnyTable, Database, Rows, Table } from '../../../ports/database.ts'
import type { MigrationStep } from '../../../ports/migration.ts'
import { insertIfAbsent } from '../apply-if-absent.ts'
import { checksumOf, markOf } from './history.ts'

/** A step that was applied. */
export interface AppliedStep {
  /** `tickets/0002` */
  readonly id: string
  readonly workload: string
  readonly step: number
  readonly name: string
  readonly checksum: string
  /** By the server's clock, ms since 1970. */
  readonly applied_at: number
}

const integer = { type: 'integer' } as const
const text = (maxLength: number) => ({ type: 'text', maxLength }) as const

const appliedSteps: Table<AppliedStep> = {
  name: 'rushbench_migrations',
  columns: {
    id: text(60),
    workload: text(40),
    step: integer,
    name: text(200),
    checksum: { type: 'ascii', length: 64 },
    applied_at: integer,
  },
  primaryKey: 'id',
  unique: [],
  indexes: [],
  references: [],
}

interface Lock {
  readonly workload: string
  /** Nobody else has it; empty for nobody. */
  readonly holder: string
  /** For people: `process 4711 on host db1`. */
  readonly owner: string
  /** By the server's clock, ms since 1970. */
  readonly until: number
}

const locks: Table<Lock> = {
  name: 'rushbench_migration_locks',
  columns: { workload: text(40), holder: text(36), owner: text(200), until: integer },
  primaryKey: 'workload',
  unique: [],
  indexes: [],
  references: [],
}

const recordTables: readonly AnyTable[] = [appliedSteps, locks]

/** Time between two looks at what another migration changes, ms. */
const askAgainMs = 250

/** Stands for a workload in the marks of the tables of records. */
const owner = 'migrations'

/** The row that records a step; to be stored with it. */
export async function recordOf(database: Database, workload: string, step: MigrationStep): Promise<Rows<AppliedStep>> {
  const row = {
    id: idOf(workload, step.number),
    workload,
    step: step.number,
    name: step.name,
    checksum: checksumOf(step),
    applied_at: await database.now(),
  }
  return { table: appliedSteps, rows: [row] }
}

/** Ids of one workload are one range: a slash comes before all digits, and `0` right behind it. */
function idOf(workload: string, number: number): string {
  return `${workload}/${String(number).padStart(4, '0')}`
}

/** The recorded steps of a workload in order; null where nothing was ever recorded in this database. */
export async function readApplied(database: Database, workload: string): Promise<readonly AppliedStep[] | null> {
  if (!(await ownRecordTables(database)).includes(appliedSteps)) return null
  const range = { gt: `${workload}/`, lt: `${workload}0` }
  return database.store.find(appliedSteps, { id: range }, { orderBy: ['id'] })
}

/** How often tables without a mark are looked at before they are somebody else's. */
const looks = 8

/**
 * The tables of records that are there. One without its mark is looked at again for a while: MongoDB keeps marks apart, and
 * another migration may be just making it.
 */
async function ownRecordTables(database: Database): Promise<AnyTable[]> {
  for (let look = 1; ; look++) {
    const marks = new Map((await database.tables()).map(({ name, mark }) => [name, mark]))
    const present = recordTables.filter(({ name }) => marks.has(name))
    const foreign = present.filter((table) => marks.get(table.name) !== markOf(owner, table))
    if (foreign.length === 0) return present
    if (look === looks || foreign.some(({ name }) => marks.get(name) !== null))
      throw failure('table-foreign', { tables: foreign.map(({ name }) => name), url: database.url })
    await sleep(askAgainMs)
  }
}

/** Another migration may make the tables at the same moment. */
async function makeRecordTables(database: Database): Promise<void> {
  const present = await ownRecordTables(database)
  for (const table of recordTables.filter((each) => !present.includes(each))) {
    try {
      await database.createTables([{ table, mark: markOf(owner, table) }])
    } catch (error) {
      if (!(await ownRecordTables(database)).includes(table)) throw error
    }
  }
}

/** Forgets the steps of a workload whose tables were dropped; the last takes the tables of records with it. */
export async function forgetSteps(database: Database, workload: string): Promise<void> {
  const applied = await readApplied(database, workload)
  if (applied === null) return
  for (const { id } of applied) await database.store.remove(appliedSteps, { id })
  if ((await database.store.count(appliedSteps)) > 0) return
  await database.dropTables((await ownRecordTables(database)).toReversed())
}

/** How long a lock is good for without being prolonged, ms; it is prolonged three times as often. */
const lockMs = 15_000
/** For how long another migration is waited for, ms. */
const patienceMs = 60_000

/**
 * Does work while no other process migrates the same workload: waits for one that does, and for the lock of one that was
 * killed to run out. Throws `migration-running` after a minute.
 */
export async function withLock<T>(
  database: Database,
  workload: string,
  options: { readonly patienceMs?: number },
  work: () => Promise<T>,
): Promise<T> {
  await makeRecordTables(database)
  const holder = randomUUID()
  await takeLock(database, workload, holder, options.patienceMs ?? patienceMs)
  const prolong = async (): Promise<void> => {
    const until = (await database.now()) + lockMs
    await database.store.update(locks, { workload, holder }, { until })
  }
  const timer = setInterval(() => void ignoreFailure(prolong()), lockMs / 3)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    await ignoreFailure(database.store.update(locks, { workload, holder }, { holder: '', owner: '', until: 0 }))
  }
}

async function takeLock(database: Database, workload: string, holder: string, patience: number): Promise<void> {
  const { store } = database
  const begun = Date.now()
  for (;;) {
    const now = await database.now()
    const own = { holder, owner: thisProcess.name.slice(0, 200), until: now + lockMs }
    const [found] = await store.find(locks, { workload })
    if (!found && (await insertIfAbsent(store, locks, { workload, ...own }))) return
    if (found && found.until <= now) {
      const seen = { workload, holder: found.holder, until: found.until }
      if ((await store.update(locks, seen, own)) > 0) return
    }
    if (found && Date.now() - begun >= patience)
      throw failure('migration-running', { url: database.url, workload, owner: found.owner })
    if (found) await sleep(askAgainMs)
  }
}
