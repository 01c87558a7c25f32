import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import type { FillPart } from '../../../../src/lib/seeding/filling/filling.ts'
import { tpccFilling } from '../../../../src/lib/workloads/tpcc/population.ts'

function fillingOf(warehouses: number, districtCustomers: number) {
  const filling = tpccFilling({ warehouses, districtCustomers })
  return new Map(filling.map(({ table, parts }) => [table.name.replace('tpcc_', ''), parts]))
}

/** The rows of a part by their columns, as they are stored. */
function* rowsOf({ layout, rows, writeRow }: FillPart): Generator<Record<string, string>> {
  const random = createRandom('rows')
  const target = Buffer.alloc(layout.rowBytes)
  for (let index = 0; index < rows; index++) {
    writeRow(target, 0, index, random)
    const text = target.toString('latin1')
    yield Object.fromEntries(
      layout.fields.map(({ column, offset, width }) => [column, text.slice(offset, offset + width)]),
    )
  }
}

const allOf = (parts: readonly FillPart[]) => parts.flatMap((part) => [...rowsOf(part)])

describe('the population', () => {
  it('has as many rows as the specification', () => {
    const counts = [...fillingOf(2, 3000)].map(([name, parts]) => [name, parts.map(({ rows }) => rows)])
    const lines = counts.find(([name]) => name === 'order_line')![1] as number[]
    expect(counts.filter(([name]) => name !== 'order_line')).toEqual([
      ['warehouse', [2]],
      ['district', [20]],
      ['customer', [60_000]],
      ['history', [60_000]],
      ['new_order', [18_000]],
      ['orders', [42_000, 18_000]],
      ['item', [100_000]],
      ['stock', [200_000]],
    ])
    // Ten lines of each order on average.
    expect(lines[0]! / 420_000).toBeCloseTo(1, 1)
    expect(lines[1]! / 180_000).toBeCloseTo(1, 1)
  })

  it('has in every district orders of all customers, with as many lines as they say', () => {
    const small = fillingOf(2, 30)
    const orders = allOf(small.get('orders')!)
    const lines = Map.groupBy(allOf(small.get('order_line')!), (row) =>
      [row['ol_w_id'], row['ol_d_id'], row['ol_o_id']].map(Number).join('-'),
    )
    expect(orders).toHaveLength(600)
    const districts = Map.groupBy(orders, (row) => `${Number(row['o_w_id'])}-${Number(row['o_d_id'])}`)
    expect(districts.size).toBe(20)
    for (const [name, ofDistrict] of districts) {
      const sorted = (column: string) => ofDistrict.map((row) => Number(row[column])).toSorted((a, b) => a - b)
      const all = Array.from({ length: 30 }, (_, index) => index + 1)
      expect(sorted('o_id')).toEqual(all)
      expect(sorted('o_c_id')).toEqual(all)
      for (const row of ofDistrict) {
        const own = lines.get(`${name}-${Number(row['o_id'])}`) ?? []
        expect(own.map((line) => Number(line['ol_number']))).toEqual(all.slice(0, Number(row['o_ol_cnt'])))
        const isDelivered = Number(row['o_id']) <= 21
        expect('o_carrier_id' in row).toBe(isDelivered)
        expect(own.every((line) => 'ol_delivery_d' in line === isDelivered)).toBe(true)
      }
    }
    expect(lines.size).toBe(600)
  })

  it('has last names from 0 on, then others at random, and one customer in ten of bad credit', () => {
    const customers = allOf(fillingOf(1, 1500).get('customer')!)
    const names = customers.slice(0, 1000).map((row) => row['c_last'])
    expect(names.slice(0, 2)).toEqual(['BARBARBAR       ', 'BARBAROUGHT     '])
    expect(new Set(names).size).toBe(1000)
    expect(customers.slice(1000, 1500).every((row) => names.includes(row['c_last']))).toBe(true)
    expect(customers.filter((row) => row['c_credit'] === 'BC').length / customers.length).toBeCloseTo(0.1, 1)
    expect(customers[0]).toMatchObject({ c_balance: '-1000', c_ytd_payment: '1000', c_middle: 'OE' })
  })

  it('has items and stock of which one in ten is original', () => {
    for (const [name, column] of [
      ['item', 'i_data'],
      ['stock', 's_data'],
    ] as const) {
      const rows = allOf(fillingOf(1, 300).get(name)!)
      expect(rows).toHaveLength(10_000)
      expect(rows.filter((row) => row[column]?.includes('ORIGINAL')).length / 10_000).toBeCloseTo(0.1, 1)
    }
  })
})
