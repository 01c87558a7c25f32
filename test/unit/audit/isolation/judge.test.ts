import { describe, expect, it } from 'vitest'
import { forbids, judgeHistory } from '../../../../src/lib/audit/isolation/judge.ts'
import { anomalyCases } from '../../../support/isolation/cases.ts'
import { historyOf, transaction } from '../../../support/isolation/histories.ts'

describe('judgeHistory', () => {
  it.each(anomalyCases)('names $kind: $name', ({ kind, history, story, cycle, consistentWith }) => {
    const judged = judgeHistory(history)
    const found = judged.anomalies.find((anomaly) => anomaly.kind === kind)
    expect(judged.anomalies.map((anomaly) => anomaly.kind)).toEqual([kind])
    expect(found?.story).toBe(story)
    expect(found?.cycle.map(({ from, to, dependency, key }) => `${from} -${dependency} ${key}-> ${to}`)).toEqual(cycle)
    expect(judged.consistentWith).toEqual(consistentWith)
    for (const { level, consistent } of judged.levels) expect(consistent).toBe(!forbids(level, kind))
  })

  it.each([
    ['nothing', []],
    ['what follows each other', [transaction(1, ['list x', 'append x 1']), transaction(2, ['list x 1', 'append x 2'])]],
    [
      'reads of own writes',
      [transaction(1, ['append x 1', 'list x 1', 'append x 2', 'list x 1 2', 'write r 1', 'read r 1'])],
    ],
    [
      'appends that nobody looked at before',
      [transaction(1, ['append x 1']), transaction(2, ['append x 2']), transaction(3, ['list x 2 1'])],
    ],
    [
      'one that saw the change before it made its own',
      [transaction(1, ['append x 1']), transaction(2, ['list x 1', 'append x 2']), transaction(3, ['list x 1 2'])],
    ],
    [
      'a rollback that nobody saw',
      [transaction(1, ['append x 1'], { outcome: 'aborted' }), transaction(2, ['list x'])],
    ],
    [
      'what was rolled back and saw half of it',
      [transaction(1, ['list x', 'list y 3'], { outcome: 'aborted' }), transaction(2, ['append x 2', 'append y 3'])],
    ],
  ])('finds nothing in %s', (_, transactions) => {
    const judged = judgeHistory({ transactions })
    expect(judged.anomalies).toEqual([])
    expect(judged.consistentWith).toEqual(['strict-serializable'])
  })

  describe('a transaction whose commit was not answered', () => {
    const writer = transaction(1, ['list y', 'append x 1'], { outcome: 'unknown' })

    it('counts as committed where another read from it', () => {
      const skewed = transaction(2, ['list x', 'append y 2'])
      const { anomalies, unknown } = judgeHistory(historyOf(writer, skewed, transaction(3, ['list x 1'])))
      expect(anomalies.map(({ kind }) => kind)).toEqual(['write-skew'])
      expect(unknown).toBe(1)
    })

    it('counts as committed where one that counts as committed read from it', () => {
      const reader = transaction(2, ['list x 1', 'append z 2'], { outcome: 'unknown' })
      const stale = transaction(4, ['list z 2', 'list x'])
      const { anomalies } = judgeHistory(historyOf(writer, reader, stale))
      expect(anomalies.map(({ kind }) => kind)).toEqual(['G-single'])
    })

    it('is left out where nobody did, and nothing that it wrote is lost', () => {
      const skewed = transaction(2, ['list x', 'append y 2'])
      const last = transaction(9, ['list x', 'list y 2'], { from: 2000, to: 2001, isLast: true })
      expect(judgeHistory(historyOf(writer, skewed, last)).anomalies).toEqual([])
    })
  })

  it('takes no value for unwritten where transactions are missing', () => {
    const transactions = [transaction(1, ['list x 1 2']), transaction(2, ['append x 3', 'list x 1 2 3'])]
    const judged = judgeHistory({ transactions, isPartial: true })
    expect(judged.anomalies).toEqual([])
    expect(judged.caveats.join(' ')).toContain('Transactions are missing')
  })

  it('allows for clocks that are apart', () => {
    const transactions = [
      transaction(1, ['append x 1'], { from: 0, to: 10 }),
      transaction(2, ['list x'], { from: 20, to: 30 }),
    ]
    expect(judgeHistory({ transactions, clockErrorUs: 10 }).anomalies).toEqual([])
    expect(judgeHistory({ transactions, clockErrorUs: 9 }).anomalies).toHaveLength(1)
  })

  it('shows the smallest example, and counts all', () => {
    const { anomalies } = judgeHistory(
      historyOf(
        transaction(1, ['list a', 'list a 2', 'list b', 'list c']),
        transaction(2, ['append a 2']),
        transaction(3, ['list b', 'list b 4']),
        transaction(4, ['append b 4']),
      ),
    )
    const [found] = anomalies
    expect(found).toMatchObject({ kind: 'non-repeatable-read', count: 2 })
    expect(found?.transactions).toEqual([
      { id: 'T3', user: 'user 3', outcome: 'committed', operations: ['read b = []', 'read b = [4]'] },
      { id: 'T4', user: 'user 4', outcome: 'committed', operations: ['appended 4 to b'] },
    ])
  })

  it('says that a clean run proves nothing beyond itself', () => {
    expect(judgeHistory({ transactions: [] }).caveats[0]).toContain('and nothing of others')
  })

  it.each([
    [['append x 1', 'append x 1'], '1 was written to x twice, so that no read says whose it is'],
    [['append x 1', 'write x 2'], 'x is used as a list and as a register'],
  ])('refuses a history that says too little: %j', (texts, message) => {
    expect(() => judgeHistory(historyOf(transaction(1, texts)))).toThrow(message)
  })
})
