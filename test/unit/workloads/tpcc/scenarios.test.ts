import { describe, expect, it } from 'vitest'
import type { DatabaseResult } from '../../../../src/lib/ports/database-client.ts'
import type { DatabaseUser, StepStatement, TransactionResult } from '../../../../src/lib/ports/database-user.ts'
import { tpccFigures } from '../../../../src/lib/workloads/tpcc/figures.ts'
import { createNewOrder, type NewOrderInput } from '../../../../src/lib/workloads/tpcc/new-order.ts'
import { createScenarios } from '../../../../src/lib/workloads/tpcc/scenarios.ts'
import { statementsOf } from '../../../../src/lib/workloads/tpcc/statements.ts'

const options = { seed: 'test', warehouses: 2, districtCustomers: 30 } as const

describe('the scenarios', () => {
  it('are the five transactions by their weights, with keying and think times', () => {
    const scenarios = createScenarios({ ...options, think: 'own' }, 'run')
    expect(scenarios.map(({ name, weight, think, iterationMs }) => [name, weight, think, iterationMs])).toEqual([
      ['new-order', 45, [18_000, 42_000], 30_000],
      ['payment', 43, [3000, 27_000], 15_000],
      ['order-status', 4, [2000, 22_000], 12_000],
      ['delivery', 4, [2000, 12_000], 7000],
      ['stock-level', 4, [2000, 12_000], 7000],
    ])
    expect(scenarios.every(({ database }) => database)).toBe(true)
  })

  it('send one after the other where nobody is to think', () => {
    const scenarios = createScenarios({ ...options, think: 'none' }, 'run')
    expect(scenarios.map(({ think }) => think)).toEqual([0, 0, 0, 0, 0])
    expect(scenarios.every(({ iterationMs }) => iterationMs === undefined)).toBe(true)
  })

  it('give users terminals warehouse by warehouse, then district by district', () => {
    const [scenario] = createScenarios({ ...options, think: 'none' }, 'run')
    const places = [0, 1, 2, 3, 19, 20].map((id) => scenario!.prepare({ id } as never))
    expect(places).toEqual(
      [
        [1, 1],
        [2, 1],
        [1, 2],
        [2, 2],
        [2, 10],
        [1, 1],
      ].map(([warehouse, district], at) => ({
        warehouse,
        district,
        name: `run-${[0, 1, 2, 3, 19, 20][at]}`,
        orders: 0,
      })),
    )
  })
})

const rolledBack = new Error('rolled back')

/** A user whose statements are noted, and answered by `rowsOf`. */
function notingUser(rowsOf: (step: string) => DatabaseResult['rows']) {
  const sent: StepStatement[] = []
  let isRolledBack = false
  const transaction: DatabaseUser['transaction'] = async <Value>(
    _step: string,
    work: (user: never) => Promise<Value>,
  ): Promise<TransactionResult<Value>> => {
    const query = async (statement: StepStatement) => {
      sent.push(statement)
      return { rows: rowsOf(statement.step), affected: 1 }
    }
    const rollback = async () => {
      isRolledBack = true
      throw rolledBack
    }
    try {
      const value = await work({ attempt: 1, query, rollback } as never)
      return { value, outcome: 'booked', failure: null, attempts: 1 }
    } catch (error) {
      if (error !== rolledBack) throw error
      return { value: undefined, outcome: 'conflict', failure: null, attempts: 1 }
    }
  }
  return { user: { transaction }, sent, isRolledBack: () => isRolledBack }
}

const answers: Readonly<Record<string, DatabaseResult['rows']>> = {
  'select warehouse and customer': [{ w_tax: 1000, c_discount: 2000 }],
  'lock district': [{ d_next_o_id: 31, d_tax: 500 }],
  'select items': [
    { i_id: 7, i_price: 250 },
    { i_id: 9, i_price: 1000 },
  ],
  'lock stock': [
    { s_i_id: 7, s_quantity: 20, dist_info: 'seven' },
    { s_i_id: 9, s_quantity: 15, dist_info: 'nine' },
  ],
}

const input: NewOrderInput = {
  warehouse: 1,
  district: 3,
  customer: 5,
  lines: [
    { item: 9, supplier: 1, quantity: 6 },
    { item: 7, supplier: 1, quantity: 4 },
    { item: 7, supplier: 1, quantity: 8 },
  ],
}

describe('a new order', () => {
  it('takes its lines out of stock, filled up below ten, and comes to the total with discount and taxes', async () => {
    const { user, sent } = notingUser((step) => answers[step] ?? [])
    const { number, result } = await createNewOrder(statementsOf('postgres'))(user, input)
    expect(number).toBe(31)
    // 6 * 10.00 + 12 * 2.50 = 90.00, less 20%, plus taxes of 15%.
    expect(result.value).toBe(8280)
    const taken = sent.filter(({ step }) => step === 'update stock').map(({ parameters }) => parameters)
    expect(taken).toEqual([
      [16, 4, 0, 1, 7],
      // 16 - 8 is below 10.
      [99, 8, 0, 1, 7],
      [100, 6, 0, 1, 9],
    ])
    const lines = sent.find(({ step }) => step === 'insert order lines')
    const rows = [
      [1, 3, 31, 1, 9, 1, 6, 6000, 'nine'],
      [1, 3, 31, 2, 7, 1, 4, 1000, 'seven'],
      [1, 3, 31, 3, 7, 1, 8, 2000, 'seven'],
    ]
    expect(lines?.parameters).toEqual(rows.flat())
    expect(lines?.sql).toMatch(/values \(\$1, \$2, .*\$27\)$/)
    expect(sent.find(({ step }) => step === 'lock district')?.sql).toMatch(/d_w_id = \$1 and d_id = \$2 for update$/)
    expect(sent.find(({ step }) => step === 'lock stock')?.sql).toContain('s_dist_03 as dist_info')
  })

  it('does all that it can before it is rolled back for an item that there is not', async () => {
    const { user, sent, isRolledBack } = notingUser((step) => answers[step] ?? [])
    const lines = [...input.lines, { item: 1001, supplier: 1, quantity: 1 }]
    const { result } = await createNewOrder(statementsOf('sqlite'))(user, { ...input, lines })
    expect(isRolledBack()).toBe(true)
    expect(result.outcome).toBe('conflict')
    expect(sent.filter(({ step }) => step === 'update stock')).toHaveLength(3)
    expect(sent.at(-1)?.step).toBe('insert order lines')
    expect(sent.at(-1)?.parameters).toHaveLength(27)
    expect(sent.every(({ sql }) => !sql.includes('for update'))).toBe(true)
  })
})

describe('the figures of a run', () => {
  const step = (name: string, requests: number, rps: number, failures = 0) => ({ name, requests, failures, rps })
  const outcomes = { booked: 90, conflict: 5, failed: 5, unknown: 0 }

  it('are new orders a minute that were committed, and their share', () => {
    const steps = [step('new-order', 100, 10, 5), step('payment', 95, 9.5), step('delivery', 10, 1)]
    const [tpmC, share] = tpccFigures({ steps, outcomes })
    // 10 a second, of which 90 of 100 were committed.
    expect(tpmC).toMatchObject({ label: 'tpmC', value: 540, text: '540' })
    expect(tpmC?.note).toContain('no audited TPC result')
    expect(share).toMatchObject({ label: 'new orders', value: 0.475, text: '48%' })
  })

  it('are none without new orders', () => {
    expect(tpccFigures({ steps: [step('payment', 95, 9.5)], outcomes })).toEqual([])
    expect(tpccFigures({ steps: [], outcomes })).toEqual([])
  })
})
