import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabaseClient } from '../../../../src/lib/adapters/databases/registry.ts'
import { makeLoadRun } from '../../../../src/lib/app/load/load-run.ts'
import { readLedger } from '../../../../src/lib/load/ledger/ledger-reader.ts'
import type { LedgerEntries, LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import type { Violation } from '../../../../src/lib/ports/workload.ts'
import type { LoadReport } from '../../../../src/lib/record/record.ts'
import { auditTpcc } from '../../../../src/lib/workloads/tpcc/audit.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import { runSql } from '../../../support/database/run-sql.ts'
import { entriesOf, unwatched } from '../../../support/ledgers.ts'
import { configOf, createTestContext } from '../../../support/run-context.ts'

const flags = { 'allow-remote': false, 'beside-original': false } as never
const small = { workload: 'tpcc', districtCustomers: '30', think: 'none', users: '4', duration: '3s' } as const

/** Everything that an audit finds. */
async function findAll(db: string, ledger: LedgerEntries): Promise<Violation[]> {
  await using client = await openDatabaseClient(db, { protocol: 'text', readOnly: true })
  const found: Violation[] = []
  const input = { ledger, openDatabaseClient: () => Promise.resolve(client) }
  for await (const violation of auditTpcc(input, unwatched)) found.push(violation)
  return found
}

async function rowsOf(db: string, sql: string) {
  await using client = await openDatabaseClient(db, { protocol: 'text', readOnly: true })
  const connection = await client.open()
  const { rows } = await connection.run({ sql })
  connection.close()
  return rows
}

describe.each(testEngines.filter(({ name }) => ['sqlite', 'mariadb', 'postgres'].includes(name)))(
  'tpcc on $name',
  ({ open }) => {
    let scratch: TestDatabase
    let folder: string
    let report: LoadReport
    let entries: LedgerEntry[]

    beforeAll(async () => {
      if (!open) return
      folder = await mkdtemp(join(tmpdir(), 'rushbench-tpcc-'))
      scratch = await open()
      const config = await configOf({ ...small, warehouses: '2', db: scratch.url, reports: folder })
      report = (await makeLoadRun(createTestContext(), flags, config)).report
      entries = []
      const ledger = await readLedger(report.ledger!, unwatched)
      for await (const entry of ledger.entries.read()) entries.push(entry)
    }, 120_000)
    afterAll(async () => {
      if (!open) return
      await scratch.remove()
      await rm(folder, { recursive: true })
    })

    const violationsOf = async (ledger = entries) =>
      (await findAll(scratch.url, entriesOf(ledger))).map(({ kind, key, detail }) => `${kind} ${key}: ${detail}`)
    const numberOf = async (sql: string) => Number(Object.values((await rowsOf(scratch.url, sql))[0] ?? {})[0])

    it('makes all five transactions, and its audit passes', ({ skip }) => {
      if (!open) skip()
      const { load, audit } = report
      expect(load.errorReasons).toEqual({})
      expect(load.failureReasons).toEqual({})
      expect(load.steps.map(({ name }) => name).toSorted()).toEqual([
        'delivery',
        'new-order',
        'order-status',
        'payment',
        'stock-level',
      ])
      const booked = entries.filter(({ outcome }) => outcome === 'booked').length
      expect(booked).toBeGreaterThan(20)
      expect(load.outcomes.booked).toBe(booked)
      expect(audit).toMatchObject({ passed: true, acknowledged: booked })
      const [tpmC, share] = load.figures!
      expect(tpmC).toMatchObject({
        label: 'tpmC',
        note: 'new orders a minute; this is no audited TPC result, and not to be compared with one',
      })
      // Those of the grace are not counted.
      expect(tpmC!.value).toBeLessThanOrEqual((booked / load.seconds) * 60 + 0.001)
      expect(tpmC!.value).toBeGreaterThan((booked / load.seconds) * 60 * 0.8)
      expect(share!.value).toBeGreaterThan(0.3)
      expect(share!.value).toBeLessThan(0.6)
    })

    it('stores what the transactions say', async ({ skip }) => {
      if (!open) skip()
      const delivered = 'select count(*) from tpcc_orders where o_carrier_id is not null and o_id > 21'
      expect(await numberOf(delivered)).toBeGreaterThan(0)
      expect(await numberOf('select count(*) from tpcc_history')).toBeGreaterThan(600)
      const remote = 'select count(*) from tpcc_history where h_w_id <> h_c_w_id'
      expect(await numberOf(remote)).toBeGreaterThan(0)
      // What was taken out of stock is what stands on the lines of the new orders.
      expect(await numberOf('select sum(s_ytd) from tpcc_stock')).toBe(
        await numberOf('select sum(ol_quantity) from tpcc_order_line where ol_o_id > 30'),
      )
      expect(await numberOf('select min(s_quantity) from tpcc_stock')).toBeGreaterThanOrEqual(10)
    })

    it('is audited again from its ledger, of which a number that was given twice is told', async ({ skip }) => {
      if (!open) skip()
      const first = entries.find(({ outcome }) => outcome === 'booked')!
      const [warehouse, district, customer] = String(first.resource).split('-')
      const order = `${warehouse}-${district}-${first.id}`
      const other = { ...first, key: 'other', resource: `${warehouse}-${district}-${Number(customer) + 1}` }
      expect(await violationsOf([first, other])).toEqual([
        `duplicate other: acknowledged as order ${order}, as another order was`,
        `lost other: acknowledged to customer ${Number(customer) + 1} as order ${order}, which is of customer ${customer}`,
      ])
    })

    it('finds a sum that is a cent too much', async ({ skip }) => {
      if (!open) skip()
      const add = (cents: number) =>
        runSql(scratch.url, [`update tpcc_district set d_ytd = d_ytd + ${cents} where d_w_id = 1 and d_id = 3`])
      const cents = (sql: string) => numberOf(sql).then((value) => (value / 100).toFixed(2))
      await add(1)
      const warehouse = await cents('select w_ytd from tpcc_warehouse where w_id = 1')
      const districts = await cents('select sum(d_ytd) from tpcc_district where d_w_id = 1')
      const district = await cents('select d_ytd from tpcc_district where d_w_id = 1 and d_id = 3')
      const history = await cents('select sum(h_amount) from tpcc_history where h_w_id = 1 and h_d_id = 3')
      expect(await violationsOf()).toEqual([
        `inconsistent warehouse 1: condition 1: W_YTD is ${warehouse}, the sum of D_YTD ${districts}`,
        `inconsistent district 1-3: condition 9: D_YTD is ${district}, the sum of H_AMOUNT ${history}`,
      ])
      await add(-1)
    })

    it('finds a line that is there twice', async ({ skip }) => {
      if (!open) skip()
      // An order that is not delivered, so that no balance has it.
      const number = await numberOf('select max(no_o_id) from tpcc_new_order where no_w_id = 1 and no_d_id = 2')
      const lines = await numberOf(
        `select o_ol_cnt from tpcc_orders where o_w_id = 1 and o_d_id = 2 and o_id = ${number}`,
      )
      const ofDistrict = 'from tpcc_order_line where ol_w_id = 1 and ol_d_id = 2'
      const all = await numberOf(`select count(*) ${ofDistrict}`)
      await runSql(scratch.url, [
        `insert into tpcc_order_line select ol_w_id, ol_d_id, ol_o_id, 99, ol_i_id, ol_supply_w_id, ol_delivery_d, ol_quantity, ol_amount, ol_dist_info ${ofDistrict} and ol_o_id = ${number} and ol_number = 1`,
      ])
      expect(await violationsOf()).toEqual([
        `inconsistent district 1-2: condition 4: the sum of O_OL_CNT is ${all}, the order lines are ${all + 1}`,
        `inconsistent order 1-2-${number}: condition 6: O_OL_CNT is ${lines}, the order lines are ${lines + 1}`,
      ])
      await runSql(scratch.url, [`delete ${ofDistrict} and ol_number = 99`])
      expect(await violationsOf()).toEqual([])
    })

    it('finds an order that is lost', async ({ skip }) => {
      if (!open) skip()
      const newest = 'select max(no_o_id) from tpcc_new_order where no_w_id = 2 and no_d_id = 4'
      const number = await numberOf(newest)
      const place = `o_w_id = 2 and o_d_id = 4`
      const promised = await numberOf(`select sum(o_ol_cnt) from tpcc_orders where ${place}`)
      const lines = await numberOf(`select o_ol_cnt from tpcc_orders where ${place} and o_id = ${number}`)
      const customer = await numberOf(`select o_c_id from tpcc_orders where ${place} and o_id = ${number}`)
      await runSql(scratch.url, [`delete from tpcc_orders where ${place} and o_id = ${number}`])
      const acknowledged = entries.find(({ id, resource }) => id === number && String(resource).startsWith('2-4-'))
      expect(await violationsOf()).toEqual([
        `lost ${acknowledged?.key}: acknowledged to customer ${customer} as order 2-4-${number}, which is not there`,
        `inconsistent district 2-4: condition 2: D_NEXT_O_ID - 1 is ${number}, the largest O_ID ${number - 1}`,
        `inconsistent district 2-4: condition 4: the sum of O_OL_CNT is ${promised - lines}, the order lines are ${promised}`,
        `inconsistent order 2-4-${number}: condition 5: NEW-ORDER has a row of it, and ORDER has none`,
        `inconsistent order 2-4-${number}: condition 6: ORDER has no row of it, the order lines are ${lines}`,
      ])
    })
  },
)
