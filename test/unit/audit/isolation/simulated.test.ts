import { describe, expect, it } from 'vitest'
import type { TransactionHistory, RecordedTransaction } from '../../../../src/lib/ports/transaction-history.ts'
import { judgeHistory } from '../../../../src/lib/audit/isolation/judge.ts'
import { createRandom, type Random } from '../../../../src/lib/base/random.ts'
import type { AnomalyKind } from '../../../../src/lib/record/isolation-record.ts'
import { transaction } from '../../../support/isolation/histories.ts'
import { hasSerialOrder } from '../../../support/isolation/serial-order.ts'
import { simulate, type StoreIsolation } from '../../../support/isolation/simulated-store.ts'

/** All 10,000 take some seconds: RUSHBENCH_HISTORIES=10000. */
const histories = Number(process.env['RUSHBENCH_HISTORIES'] ?? 2000)

function kindsIn(isolation: StoreIsolation, count: number): Map<AnomalyKind, number> {
  const kinds = new Map<AnomalyKind, number>()
  for (let seed = 0; seed < count; seed++) {
    for (const { kind } of judgeHistory(simulate(isolation, createRandom(`${isolation}/${seed}`))).anomalies) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
  }
  return kinds
}

describe('histories of simulated stores', () => {
  it('of a serializable one have no anomaly', () => {
    expect([...kindsIn('serializable', histories)]).toEqual([])
  })

  it('of one with snapshots have write skew, in pairs and in longer circles, and nothing that it forbids', () => {
    const kinds = kindsIn('snapshot', histories / 2)
    expect([...kinds.keys()].sort()).toEqual(['G2-item', 'real-time', 'write-skew'])
    expect(kinds.get('write-skew')).toBeGreaterThan(histories / 20)
  })

  it('of one that reads what is committed have lost updates and reads that cannot be repeated, and nothing dirty', () => {
    const kinds = kindsIn('read-committed', histories / 2)
    expect(kinds.get('lost-update')).toBeGreaterThan(histories / 20)
    expect(kinds.get('non-repeatable-read')).toBeGreaterThan(histories / 20)
    const allowed = new Set<AnomalyKind>([
      'lost-update',
      'non-repeatable-read',
      'G-single',
      'G-nonadjacent',
      'write-skew',
      'G2-item',
      'real-time',
    ])
    expect([...kinds.keys()].filter((kind) => !allowed.has(kind))).toEqual([])
  })

  it.each(['snapshot', 'read-committed'] as const)(
    'are called serializable where some order of their transactions explains them, and only there: %s',
    (isolation) => {
      let [yes, no] = [0, 0]
      for (let seed = 0; seed < histories / 2; seed++) {
        const sizes = { transactions: 5, keys: 2, users: 3, operations: 4 }
        const { transactions } = simulate(isolation, createRandom(`small/${seed}`), sizes)
        if (transactions.some(({ outcome }) => outcome === 'unknown')) continue
        const expected = hasSerialOrder(transactions.filter(({ outcome }) => outcome === 'committed'))
        const { levels } = judgeHistory({ transactions })
        const judged = levels.find(({ level }) => level === 'serializable')?.consistent
        expect({ seed, judged }).toEqual({ seed, judged: expected })
        if (expected) yes++
        else no++
      }
      expect(Math.min(yes, no)).toBeGreaterThan(histories / 100)
    },
  )
})

/** Transactions on keys that nobody else uses, and all that they should be found to do. */
const planted: Readonly<Partial<Record<AnomalyKind, readonly RecordedTransaction[]>>> = {
  G0: [
    transaction(901, ['append px 1', 'append py 1']),
    transaction(902, ['append px 2', 'append py 2']),
    transaction(903, ['list px 1 2']),
    transaction(904, ['list py 2 1']),
  ],
  G1a: [transaction(901, ['append px 1'], { outcome: 'aborted' }), transaction(902, ['list px 1'])],
  G1b: [transaction(901, ['write pr 1', 'write pr 2']), transaction(902, ['read pr 1'])],
  G1c: [transaction(901, ['append px 1', 'list py 2']), transaction(902, ['append py 2', 'list px 1'])],
  'lost-update': [
    transaction(901, ['list px', 'append px 1']),
    transaction(902, ['list px', 'append px 2']),
    transaction(903, ['list px 1 2']),
  ],
  'non-repeatable-read': [transaction(901, ['list px', 'list px 2']), transaction(902, ['append px 2'])],
  'G-single': [transaction(901, ['list px', 'list py 3']), transaction(902, ['append px 2', 'append py 3'])],
  'write-skew': [
    transaction(901, ['list px', 'append py 1']),
    transaction(902, ['list py', 'append px 2']),
    transaction(903, ['list px 2', 'list py 1']),
  ],
  'G2-item': [
    transaction(901, ['list px', 'append py 1']),
    transaction(902, ['list py', 'append pz 2']),
    transaction(903, ['list pz', 'append px 3']),
  ],
}

/** Puts transactions at random places into a history, in which all were under way at the same time. */
function plant(
  { transactions }: TransactionHistory,
  others: readonly RecordedTransaction[],
  random: Random,
): TransactionHistory {
  const mixed = transactions.map((one) => ({ ...one, beganAt: 0, endedAt: 1000 }))
  for (const other of others) mixed.splice(random.integer(0, mixed.length), 0, { ...other, beganAt: 0, endedAt: 1000 })
  return { transactions: mixed }
}

describe('an anomaly among serializable transactions', () => {
  it.each(Object.entries(planted))('is found and named, and nothing else: %s', (kind, others) => {
    for (let seed = 0; seed < 200; seed++) {
      const random = createRandom(`planted/${kind}/${seed}`)
      const { anomalies } = judgeHistory(plant(simulate('serializable', random), others, random))
      expect(anomalies.map((anomaly) => anomaly.kind)).toEqual([kind])
      for (const { id } of anomalies[0]?.transactions ?? []) expect(id).toMatch(/^T90[1-4]$/)
    }
  })
})

describe('judgeHistory', () => {
  it('takes time in proportion to the history', () => {
    const history = simulate('read-committed', createRandom('large'), { transactions: 5000, keys: 40, users: 8 })
    const started = performance.now()
    const { anomalies, operations } = judgeHistory(history)
    expect(operations).toBeGreaterThan(10_000)
    expect(anomalies.map(({ kind }) => kind)).toContain('lost-update')
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
