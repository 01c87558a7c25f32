import { describe, expect, it } from 'vitest'
import { createLedgerChannel } from '../../../../src/lib/load/distributed/serve-shard.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'

const entry = (key: string): LedgerEntry => ({ key, resource: 1, outcome: 'booked' })
const turn = () => new Promise<void>((done) => void setImmediate(done))

describe('createLedgerChannel', () => {
  it('sends what comes in one turn together, and lets nobody go on before it is written down', async () => {
    const sent: [number, readonly LedgerEntry[]][] = []
    const ledger = createLedgerChannel((batch, entries) => void sent.push([batch, entries]))
    const settled: string[] = []
    const first = Promise.all([ledger.record(entry('a')), ledger.record(entry('b'))]).then(() => settled.push('ab'))
    await turn()
    const second = ledger.record(entry('c')).then(() => settled.push('c'))
    await turn()
    expect(sent).toEqual([
      [0, [entry('a'), entry('b')]],
      [1, [entry('c')]],
    ])
    expect(settled).toEqual([])
    ledger.settle(1, [null])
    await second
    expect(settled).toEqual(['c'])
    ledger.settle(0, [null, null])
    await first
    expect(settled).toEqual(['c', 'ab'])
  })

  it('tells whoever recorded what was refused, and nobody else', async () => {
    const ledger = createLedgerChannel(() => {})
    const [good, bad] = [ledger.record(entry('a')), ledger.record(entry(''))]
    await turn()
    ledger.settle(0, [null, 'it has no key'])
    await good
    await expect(bad).rejects.toThrow('it has no key')
  })
})
