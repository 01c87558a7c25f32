import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTables, migrateDown, migrateUp, requireTables } from '../../../../src/lib/adapters/databases/migrate.ts'
import { applySteps, planSteps, stepStatus } from '../../../../src/lib/adapters/databases/migrations/apply.ts'
import { type Schema, tablesAt } from '../../../../src/lib/adapters/databases/migrations/history.ts'
import { forgetSteps } from '../../../../src/lib/adapters/databases/migrations/records.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import type { AnyTable, Database } from '../../../../src/lib/ports/database.ts'
import type { MigrationStep } from '../../../../src/lib/ports/migration.ts'
import { defineTable, integer, text } from '../../../../src/lib/workloads/shared/tables.ts'
import { type TestDatabase, testEngines } from '../../../support/database/engines.ts'
import { workloadsOn } from '../../../support/workloads.ts'

const shelves = defineTable({
  name: 'step_shelves',
  columns: { id: text(20), places: integer },
  primaryKey: 'id',
  indexes: [['places']],
})
const books = defineTable({ name: 'step_books', columns: { id: integer, title: text(50) }, primaryKey: 'id' })

const steps: readonly MigrationStep[] = [
  { number: 1, name: 'shelves', changes: [{ create: shelves }] },
  {
    number: 2,
    name: 'books, and rooms of shelves',
    changes: [
      { create: books },
      { to: shelves.name, addColumn: 'room', column: text(30), value: "the 'old' hall" },
      { to: shelves.name, addColumn: 'floor', column: integer, value: 0 },
      { to: shelves.name, addColumn: 'remark', column: text(20_000), value: '' },
    ],
  },
  {
    number: 3,
    name: 'shelves by room, no longer by places',
    changes: [
      { to: shelves.name, addIndex: ['room', 'floor'] },
      { from: shelves.name, dropIndex: ['places'] },
    ],
  },
  { number: 4, name: 'no books', changes: [{ drop: books.name }] },
]

function schemaAt(version: number): Schema {
  const migrations = steps.slice(0, version)
  return { name: 'steps', tables: [...tablesAt(migrations, version).values()], migrations }
}

describe.each(testEngines)('steps on $name', ({ open }) => {
  let scratch: TestDatabase
  let database: Database

  beforeAll(async () => {
    if (!open) return
    scratch = await open()
    database = await connectDatabase(scratch.url, { poolSize: 4 })
  })
  afterAll(async () => {
    if (!open) return
    await database[Symbol.asyncDispose]()
    await scratch.remove()
  })

  const drop = async ({ name, tables }: Pick<Schema, 'name' | 'tables'>) => {
    await migrateDown(database, name, tables)
    await forgetSteps(database, name)
  }
  /** The catalog, held against what making the tables in one go makes. */
  const expectWhole = async ({ name, tables, migrations }: Schema) => {
    await requireTables(database, name, tables, migrations)
    const compared = await compareTables(database, name, tables, migrations)
    const whole = { state: 'present', differences: [], extras: [] }
    expect(compared).toEqual(tables.map((table) => ({ name: table.name, ...whole })))
  }

  it.skipIf(!open)('bring every workload to the tables that it declares, one by one', async () => {
    for (const workload of await workloadsOn(scratch.url)) {
      // Tables that follow from settings have no steps.
      if (workload.tablesFor) continue
      for (const { number } of workload.migrations) {
        const made = await applySteps(database, workload, { to: number })
        expect(made.steps.map((step) => step.number)).toEqual([number])
      }
      await expectWhole(workload)
      expect(await applySteps(database, workload)).toEqual({ steps: [], created: [], altered: [] })
      await drop(workload)
    }
    expect((await database.tables()).filter(({ name }) => name.startsWith('rushbench_migration'))).toEqual([])
  })

  it.skipIf(!open)(
    'take the tables of 0.1.0, which recorded nothing, for those of the first step, rows and all',
    async () => {
      await migrateUp(database, 'steps', [shelves])
      await database.store.insert(shelves, [
        { id: 'a', places: 3 },
        { id: 'b', places: 4 },
      ])
      const whole = schemaAt(3)
      const states = (await stepStatus(database, whole)).map(({ state }) => state)
      expect(states).toEqual(['applied', 'pending', 'pending'])
      const behind = requireTables(database, whole.name, whole.tables, whole.migrations)
      await expect(behind).rejects.toMatchObject({ code: 'tables-behind' })
      const planned = await planSteps(database, whole)
      expect(planned.map(({ number, changes }) => [number, database.describeChanges(changes).length > 0])).toEqual([
        [2, true],
        [3, true],
      ])

      // Two at once: one waits for the other, and finds nothing left to do.
      const both = await Promise.all([applySteps(database, whole), applySteps(database, whole)])
      expect(both.flatMap(({ steps: made }) => made.map(({ number }) => number))).toEqual([2, 3])
      await expectWhole(whole)
      const table = whole.tables.find(({ name }) => name === shelves.name) as AnyTable
      const old = { room: "the 'old' hall", floor: 0, remark: '' }
      expect(await database.store.find(table, {}, { orderBy: ['id'] })).toEqual([
        { id: 'a', places: 3, ...old },
        { id: 'b', places: 4, ...old },
      ])
      await database.store.insert(table, [{ id: 'c', places: 5, room: 'attic', floor: 2, remark: 'x'.repeat(17_000) }])
      expect(await database.store.find(table, { room: 'attic' }, { columns: ['id'] })).toEqual([{ id: 'c' }])

      // A table that somebody dropped is made anew as it would be by now.
      await database.dropTables([table])
      expect(await applySteps(database, whole)).toEqual({ steps: [], created: [shelves.name], altered: [] })
      await expectWhole(whole)
      const last = schemaAt(4)
      expect(await applySteps(database, last)).toMatchObject({ steps: [{ number: 4 }], altered: [books.name] })
      await expectWhole(last)
      await drop(last)
    },
  )

  it.skipIf(!open)('stop at the step that fails, with those before it applied, and go on from there', async () => {
    const name = 'step_taken'
    const foreign = defineTable({ name, columns: { id: integer }, primaryKey: 'id' })
    const changes = [{ to: shelves.name, addColumn: 'room', column: text(30), value: 'hall' }, { create: foreign }]
    const [first, second] = steps as [MigrationStep, MigrationStep]
    const migrations = [
      first,
      { ...second, number: 2, changes },
      { number: 3, name: 'never', changes: [{ drop: name }] },
    ]
    const failing: Schema = { name: 'steps', tables: [shelves, foreign], migrations }
    // MongoDB would index what no document has, unless it looks first, as it does for new tables.
    const bad = database.traits.transactions
      ? { to: shelves.name, addIndex: ['no_such_column'] }
      : { create: { ...books, indexes: [['no_such_column']] } }
    const broken = { ...failing, migrations: [first, { ...second, changes: [...changes, bad] }] }
    await expect(applySteps(database, broken)).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringContaining('Step 2 of steps (books, and rooms of shelves) failed'),
    })
    const [one, two] = await stepStatus(database, broken)
    expect([one?.state, two?.state]).toEqual(['applied', 'pending'])
    // The step without its mistake goes on from whatever was made of it.
    expect((await applySteps(database, failing, { to: 2 })).steps.at(-1)).toMatchObject({ number: 2 })
    await expect(applySteps(database, failing, { to: 1 })).rejects.toMatchObject({ code: 'migration-target' })
    await expect(applySteps(database, failing, { to: 4 })).rejects.toMatchObject({ code: 'migration-target' })

    const edited = { ...failing, migrations: [first, { ...second, changes: changes.slice(0, 1) }] }
    await expect(applySteps(database, edited)).rejects.toMatchObject({ code: 'migration-changed' })
    expect((await stepStatus(database, edited))[1]?.state).toBe('changed')
    await expect(applySteps(database, { ...failing, migrations: [first] })).rejects.toMatchObject({
      code: 'migration-newer',
    })
    await drop(failing)
  })
})
