import { describe, expect, it } from 'vitest'
import { migrateDown, migrateUp, migrationStatus, requireTables } from '../../../src/lib/adapters/databases/migrate.ts'
import type { AnyTable } from '../../../src/lib/ports/database.ts'
import { type Context, seat, seats, show, shows, tables, workload } from './tables.ts'

/** Making and dropping tables, and leaving those of others alone. */
export function describeMigrations(context: Context): void {
  describe('migrations', () => {
    const states = async (wanted = tables) =>
      (await migrationStatus(context.database, workload, wanted)).map(({ state }) => state)
    const clear = () => context.scratch.dropTables(['seats', 'shows'])

    it('makes the tables once, and drops them', async () => {
      expect(await migrateUp(context.database, workload, tables)).toEqual([])
      expect(await states()).toEqual(['present', 'present'])
      await requireTables(context.database, workload, tables)
      expect(await migrateDown(context.database, workload, tables)).toEqual(['shows', 'seats'])
      expect(await migrateDown(context.database, workload, tables)).toEqual([])
      expect(await states()).toEqual(['missing', 'missing'])
      await expect(requireTables(context.database, workload, tables)).rejects.toMatchObject({ code: 'tables-missing' })
      expect(await migrateUp(context.database, workload, tables)).toEqual(['shows', 'seats'])
    })

    it('leaves a table of somebody else alone', async () => {
      await clear()
      await context.scratch.makeForeignTable('seats')
      expect(await states()).toEqual(['missing', 'foreign'])
      await expect(migrateUp(context.database, workload, tables)).rejects.toMatchObject({ code: 'table-foreign' })
      await expect(requireTables(context.database, workload, tables)).rejects.toMatchObject({ code: 'table-foreign' })
      expect(await states()).toEqual(['missing', 'foreign'])
      expect(await migrateDown(context.database, workload, tables)).toEqual([])
      expect(await states()).toEqual(['missing', 'foreign'])
      await clear()
    })

    it('leaves the table of another workload alone', async () => {
      expect(await migrationStatus(context.database, 'contract2', tables)).toEqual([
        { name: 'shows', state: 'foreign' },
        { name: 'seats', state: 'foreign' },
      ])
      expect(await migrateDown(context.database, 'contract2', tables)).toEqual([])
      expect(await states()).toEqual(['present', 'present'])
    })

    it('knows a table of another version, and drops it', async () => {
      const changed = [shows, { ...seats, indexes: [] }]
      expect(await states(changed)).toEqual(['present', 'outdated'])
      await expect(migrateUp(context.database, workload, changed)).rejects.toMatchObject({ code: 'table-outdated' })
      await expect(requireTables(context.database, workload, changed)).rejects.toMatchObject({ code: 'table-outdated' })
      expect(await migrateDown(context.database, workload, changed)).toEqual(['shows', 'seats'])
    })

    it('drops all or nothing where others refer to the tables', async () => {
      if (!['mariadb', 'mysql', 'postgres', 'sqlite'].includes(context.database.engine.name)) return
      await context.database.store.insert(shows, [show(1)])
      // Somebody else's, who books the same shows.
      const guests: AnyTable = {
        ...seats,
        name: 'guests',
        unique: [],
        indexes: [],
      }
      await context.database.createTables([{ table: guests, mark: 'mine' }])
      await context.database.store.insert(guests, [seat(1)])
      await expect(migrateDown(context.database, workload, tables)).rejects.toMatchObject({
        code: 'tables-depended-on',
        message: expect.stringContaining('Nothing was dropped'),
      })
      expect(await states()).toEqual(['present', 'present'])
      await context.database.dropTables([guests])
    })

    it('leaves nothing half done when a table cannot be made', async () => {
      await migrateDown(context.database, workload, tables)
      const bad: AnyTable = { ...seats, indexes: [['no_such_column']] }
      await expect(migrateUp(context.database, workload, [shows, bad])).rejects.toMatchObject({
        code: 'migration-failed',
      })
      expect(await context.database.tables()).toEqual([])
    })
  })
}
