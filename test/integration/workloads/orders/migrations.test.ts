import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { compareTables } from '../../../../src/lib/adapters/databases/migrate.ts'
import { applySteps, planSteps, stepStatus } from '../../../../src/lib/adapters/databases/migrations/apply.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { ordersWorkload } from '../../../../src/lib/workloads/orders/index.ts'
import { openOrderMap, type OrderMap } from '../../../../src/lib/workloads/orders/order-map.ts'
import { type TestDatabase, testVersions } from '../../../support/database/engines.ts'
import { order, uid } from '../../../support/orders/orders-backends.ts'

const engines = testVersions.filter(({ name, open }) => name.startsWith('postgres') && open !== null)

describe.skipIf(engines.length === 0).for(engines)('tables that 0.1.0 made on $name', (engine) => {
  let place: TestDatabase
  let admin: Client
  let database: Database
  let map: OrderMap

  beforeEach(async () => {
    place = await engine.open!()
    admin = new Client({ connectionString: place.url })
    await admin.connect()
    await admin.query(await readFile('test/support/orders/postgres-0.1.0.sql', 'utf8'))
    for (const index of [0, 1, 2]) await store(index)
    database = await connectDatabase(place.url, { poolSize: 4 })
    map = await openOrderMap(database, (error) => expect.fail(error.message))
  })
  afterEach(async () => {
    await map.close()
    await database[Symbol.asyncDispose]()
    await admin.end()
    await place.remove()
  })

  const store = (index: number) => admin.query('insert into orders values ($1, $2)', [uid(index), order(index)])
  const states = async () => (await stepStatus(database, ordersWorkload)).map(({ state }) => state)
  const triggers = async () =>
    (await admin.query('select tgname from pg_trigger where not tgisinternal order by 1')).rows.map(
      ({ tgname: name }) => name as string,
    )
  const expectSize = (size: number) => vi.waitFor(() => expect(map.size).toBe(size), { timeout: 20_000 })

  it('get the triggers that they lack, and replicas that run meanwhile learn of removed orders', async () => {
    expect(await states()).toEqual(['applied', 'pending'])
    const [planned, ...more] = await planSteps(database, ordersWorkload)
    expect(more).toEqual([])
    const sql = database.describeChanges(planned!.changes)
    expect(sql.filter((text) => text.startsWith('create trigger'))).toHaveLength(3)

    await admin.query('delete from orders where order_uid = $1', [uid(0)])
    await store(3)
    await expectSize(4)
    // What went untold is noticed, too.
    const made = await applySteps(database, ordersWorkload)
    expect(made).toEqual({ steps: [expect.objectContaining({ number: 2 })], created: [], altered: ['orders'] })
    await expectSize(3)
    await admin.query('delete from orders where order_uid = any($1)', [[uid(1), uid(2)]])
    await expectSize(1)
    await admin.query('truncate orders')
    await expectSize(0)
    await store(4)
    await expectSize(1)

    expect(await states()).toEqual(['applied', 'applied'])
    const { tables, migrations } = ordersWorkload
    const compared = await compareTables(database, 'orders', tables, migrations)
    expect(compared.map(({ state, extras }) => [state, extras])).toEqual([
      ['present', []],
      ['present', []],
    ])
    expect(await applySteps(database, ordersWorkload)).toMatchObject({ steps: [], altered: [] })
  })

  it('keep the trigger that they have where the others cannot be made', async () => {
    await admin.query(`create function rushbench_orders_deleted() returns int language sql as 'select 1'`)
    await expect(applySteps(database, ordersWorkload)).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringMatching(/Step 2 of orders .*cannot change return type/s),
    })
    expect(await triggers()).toEqual(['rushbench_orders_inserted'])
    expect(await states()).toEqual(['applied', 'pending'])
    await store(3)
    await expectSize(4)
  })
})
