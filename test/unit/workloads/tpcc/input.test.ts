import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../../../src/lib/base/random.ts'
import {
  drawConstants,
  lastName,
  loadedLastNames,
  nurand,
  populationOf,
} from '../../../../src/lib/workloads/tpcc/input.ts'
import { drawDelivery } from '../../../../src/lib/workloads/tpcc/delivery.ts'
import { drawNewOrder, otherWarehouse } from '../../../../src/lib/workloads/tpcc/new-order.ts'
import { drawPayment } from '../../../../src/lib/workloads/tpcc/payment.ts'
import { drawStockLevel } from '../../../../src/lib/workloads/tpcc/reads.ts'

/** Gives these numbers, one after the other. */
function scripted(...numbers: number[]): Random {
  return { ...createRandom('none'), integer: () => numbers.shift()! }
}

const draws = 20_000
const full = populationOf({ warehouses: 10, districtCustomers: 3000 })
const constants = drawConstants(createRandom('constants'))

describe('last names', () => {
  it.each([
    [0, 'BARBARBAR'],
    [371, 'PRICALLYOUGHT'],
    [999, 'EINGEINGEING'],
    [40, 'BARPRESBAR'],
  ])('of %i are %s, filled up to 16 characters', (number, name) => {
    expect(lastName(number)).toBe(name.padEnd(16))
  })

  it('are a thousand, none of them longer', () => {
    const names = Array.from({ length: 1000 }, (_, number) => lastName(number))
    expect(new Set(names).size).toBe(1000)
    expect(new Set(names.map(({ length }) => length))).toEqual(new Set([16]))
  })
})

describe('nurand', () => {
  it('is made as the specification says', () => {
    // (700 | 1500) = 2044, plus 100 is 2144, of 3000 numbers from 1 on.
    expect(nurand(scripted(700, 1500), 'customer', 100, [1, 3000])).toBe(2145)
    // (1023 | 2048) = 3071, plus 1000 is 4071, which goes round once.
    expect(nurand(scripted(1023, 2048), 'customer', 1000, [1, 3000])).toBe(1072)
    expect(nurand(scripted(255, 999), 'lastName', 0, [0, 999])).toBe(23)
  })

  it.each([
    ['lastName', [0, 999]],
    ['customer', [1, 3000]],
    ['item', [1, 100_000]],
    ['customer', [1, 30]],
  ] as const)('of %s stays in %j, and reaches either end', (use, range) => {
    const random = createRandom(use)
    const drawn = Array.from({ length: 100 * draws }, () => nurand(random, use, constants[use], range))
    expect(Math.min(...drawn.slice(0, draws))).toBeGreaterThanOrEqual(range[0])
    let [least, most] = [Infinity, -Infinity]
    for (const value of drawn) [least, most] = [Math.min(least, value), Math.max(most, value)]
    expect(least).toBeGreaterThanOrEqual(range[0])
    expect(least).toBeLessThan(range[0] + 20)
    expect(most).toBeLessThanOrEqual(range[1])
    expect(most).toBeGreaterThan(range[1] - 20)
  })

  it('draws a few numbers far more often than most', () => {
    const random = createRandom('skewed')
    const counts = new Map<number, number>()
    for (let draw = 0; draw < 30 * 3000; draw++) {
      const value = nurand(random, 'customer', 0, [1, 3000])
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const sorted = [...counts.values()].toSorted((a, b) => b - a)
    // Evenly drawn, the busiest tenth would get a tenth of all.
    const busiest = sorted.slice(0, 300).reduce((sum, count) => sum + count, 0)
    expect(busiest / (30 * 3000)).toBeGreaterThan(0.4)
    // 1,023 has all of the ten bits that either number may set: of 0 to 1023 it comes by (3/4)^10 = 5.6%, and as often again
    // with each higher bit that the second number has.
    expect(counts.get(1024)! / (30 * 3000)).toBeCloseTo(0.0563 * (1024 / 3000), 2)
  })

  it('has constants that are far enough from those of the filling', () => {
    const seen = new Set<number>()
    for (let seed = 0; seed < 500; seed++) {
      const { lastName: constant, customer, item } = drawConstants(createRandom(seed))
      const delta = Math.abs(constant - loadedLastNames)
      seen.add(delta)
      expect(delta >= 65 && delta <= 119 && delta !== 96 && delta !== 112).toBe(true)
      expect(constant >= 0 && constant <= 255 && customer <= 1023 && item <= 8191).toBe(true)
    }
    expect(seen.size).toBeGreaterThan(20)
    expect(drawConstants(createRandom('a'))).toEqual(drawConstants(createRandom('a')))
  })
})

describe('the population', () => {
  it('is that of the specification, or the same in small', () => {
    expect(full).toEqual({ warehouses: 10, customers: 3000, delivered: 2100, items: 100_000, lastNames: 1000 })
    expect(populationOf({ warehouses: 1, districtCustomers: 30 })).toEqual({
      warehouses: 1,
      customers: 30,
      delivered: 21,
      items: 1000,
      lastNames: 30,
    })
  })
})

describe('what terminals are given', () => {
  const random = createRandom('terminals')
  const share = (count: number) => count / draws

  it('are new orders of 5 to 15 lines, of which one in a hundred is to be rolled back', () => {
    const orders = Array.from({ length: draws }, () => drawNewOrder(random, full, constants, 4))
    const counts = orders.map(({ lines }) => lines.length)
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([5, 15])
    expect(counts.reduce((sum, count) => sum + count, 0) / draws).toBeCloseTo(10, 0)
    const unused = orders.filter(({ lines }) => lines.some(({ item }) => item > 100_000))
    // Of 20,000: 200, give or take three times their spread of 14.
    expect(unused.length).toBeGreaterThan(158)
    expect(unused.length).toBeLessThan(242)
    for (const { lines } of unused) {
      expect(lines.at(-1)?.item).toBe(100_001)
      expect(lines.filter(({ item }) => item > 100_000)).toHaveLength(1)
    }
    const lines = orders.flatMap((order) => order.lines)
    expect(lines.filter(({ supplier }) => supplier !== 4).length / lines.length).toBeCloseTo(0.01, 2)
    expect(new Set(lines.map(({ quantity }) => quantity))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    expect(new Set(orders.map(({ district }) => district)).size).toBe(10)
    expect(new Set(orders.map(({ warehouse }) => warehouse))).toEqual(new Set([4]))
  })

  it('are payments, 15 in a hundred of customers of other warehouses, 60 by last name', () => {
    const payments = Array.from({ length: draws }, () => drawPayment(random, full, constants, 4))
    const remote = payments.filter(({ customer }) => customer.warehouse !== 4)
    expect(share(remote.length)).toBeCloseTo(0.15, 1)
    expect(share(payments.filter(({ customer }) => 'name' in customer.by).length)).toBeCloseTo(0.6, 1)
    for (const { customer, district } of payments)
      if (customer.warehouse === 4) expect(customer.district).toBe(district)
    const amounts = payments.map(({ amount }) => amount)
    expect(Math.min(...amounts)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...amounts)).toBeLessThanOrEqual(500_000)
  })

  it('stay at home where there is one warehouse', () => {
    const one = populationOf({ warehouses: 1, districtCustomers: 30 })
    for (let draw = 0; draw < 1000; draw++) {
      expect(drawPayment(random, one, constants, 1).customer.warehouse).toBe(1)
      expect(drawNewOrder(random, one, constants, 1).lines.every(({ supplier }) => supplier === 1)).toBe(true)
    }
  })

  it('are other warehouses, each as likely as every other', () => {
    const counts = new Map<number, number>()
    for (let draw = 0; draw < draws; draw++) {
      const other = otherWarehouse(random, 3, 5)
      counts.set(other, (counts.get(other) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([1, 2, 4, 5])
    for (const count of counts.values()) expect(share(count)).toBeCloseTo(0.25, 1)
  })

  it('are carriers from 1 to 10, and thresholds from 10 to 20', () => {
    const carriers = new Set(Array.from({ length: 1000 }, () => drawDelivery(random, 1).carrier))
    expect([carriers.size, Math.min(...carriers), Math.max(...carriers)]).toEqual([10, 1, 10])
    const place = { warehouse: 1, district: 1 }
    const thresholds = new Set(Array.from({ length: 1000 }, () => drawStockLevel(random, place).threshold))
    expect([thresholds.size, Math.min(...thresholds), Math.max(...thresholds)]).toEqual([11, 10, 20])
  })
})
