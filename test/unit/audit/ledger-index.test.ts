import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLedgerIndex, passOf } from '../../../src/lib/audit/ledger-index.ts'

const key = 'LOVELACE'
const row = (id: string, resource = '7') => ({ id, key, resource })

describe('claims', () => {
  it('know the row that was acknowledged, and any other under its key', () => {
    const claims = createLedgerIndex(1)
    const entry = { key, outcome: 'booked', resource: 7, id: 'a' } as const
    claims.add(entry)
    expect(claims.missing).toBe(1)
    expect(claims.match(row('b'))).toBe('stray')
    expect(claims.match(row('a', '8'))).toBe('stray')
    expect(claims.isStored(entry)).toBe(false)
    expect(claims.match(row('a'))).toBe('acknowledged')
    expect(claims.isStored(entry)).toBe(true)
    expect(claims.missing).toBe(0)
    expect(claims.match({ id: 'a', key: 'HOPPER', resource: '7' })).toBe('foreign')
    expect(claims.isStored({ ...entry, id: 'b' })).toBe(false)
  })

  it('go by the resource where the API gave no id', () => {
    const claims = createLedgerIndex(1)
    claims.add({ key, outcome: 'booked', resource: 7 })
    expect(claims.match(row('x', '8'))).toBe('stray')
    expect(claims.match(row('x'))).toBe('acknowledged')
    expect(claims.match(row('y'))).toBe('stray')
  })

  it('expect one row at the most where nothing was acknowledged', () => {
    const claims = createLedgerIndex(1)
    claims.add({ key, outcome: 'unknown', resource: 7 })
    expect(claims.missing).toBe(0)
    expect(claims.match(row('x'))).toBe('unacknowledged')
    expect(claims.match(row('y'))).toBe('again')
  })

  it.each([[['unknown', 'booked']], [['booked', 'failed']], [['unknown', 'booked', 'unknown']]] as const)(
    'take an acknowledgement for stronger, whenever it came: %j',
    (outcomes) => {
      const claims = createLedgerIndex(1)
      for (const outcome of outcomes) {
        claims.add({ key, resource: 7, outcome, ...(outcome === 'booked' ? { id: 'a' } : {}) })
      }
      expect(claims.match(row('a'))).toBe('acknowledged')
    },
  )

  it('know what was refused from what was not, and for which resource', () => {
    const claims = createLedgerIndex(1)
    claims.add({ key, outcome: 'conflict', resource: 7 })
    expect(claims.missing).toBe(0)
    expect(claims.match(row('x', '8'))).toBe('foreign')
    expect([claims.match(row('x')), claims.match(row('y'))]).toEqual(['refused', 'refused'])
    claims.add({ key, outcome: 'conflict', resource: 8 })
    expect([claims.match(row('x', '8')), claims.match(row('x', '7'))]).toEqual(['refused', 'refused'])
  })

  // A client that got no answer asks again, and is refused because the first request was carried out.
  it.each([
    [['conflict', 'unknown'], 'unacknowledged'],
    [['unknown', 'conflict'], 'unacknowledged'],
    [['failed', 'conflict', 'conflict'], 'unacknowledged'],
    [['booked', 'conflict'], 'acknowledged'],
    [['conflict', 'booked'], 'acknowledged'],
    [['conflict', 'unknown', 'booked'], 'acknowledged'],
    [['conflict', 'conflict'], 'refused'],
  ] as const)('blame no refusal beside another attempt under the same key: %j', (outcomes, match) => {
    const claims = createLedgerIndex(1)
    for (const outcome of outcomes)
      claims.add({ key, resource: 7, outcome, ...(outcome === 'booked' ? { id: 'a' } : {}) })
    expect(claims.match(row('a'))).toBe(match)
  })

  it('count acknowledgements of another booking under a key, and none of the same again', () => {
    const claims = createLedgerIndex(1)
    claims.add({ key, outcome: 'booked', resource: 7, id: 'a' })
    claims.add({ key, outcome: 'booked', resource: 7, id: 'a' })
    claims.add({ key, outcome: 'unknown', resource: 8 })
    expect(claims.contradicted).toBe(0)
    claims.add({ key, outcome: 'booked', resource: 8, id: 'a' })
    claims.add({ key, outcome: 'booked', resource: 7, id: 'b' })
    expect([claims.contradicted, claims.missing]).toEqual([2, 1])
  })

  it('tell a hundred thousand keys that look alike from as many others', () => {
    const count = 100_000
    const claims = createLedgerIndex(count)
    for (let n = 0; n < count; n++) claims.add({ key: `LOVELACE-${n}`, outcome: 'booked', resource: 7, id: `${n}` })
    for (let n = 0; n < count; n++) {
      if (claims.match({ key: `LOVELACE-${n}-`, id: `${n}`, resource: '7' }) !== 'foreign') throw new Error(`${n}-`)
      if (claims.match({ key: `LOVELACE-${n}`, id: `${n}`, resource: '7' }) !== 'acknowledged') throw new Error(`${n}`)
    }
    expect(claims.missing).toBe(0)
  })

  it('take more keys than were expected', () => {
    const claims = createLedgerIndex(0)
    for (let n = 0; n < 1000; n++) claims.add({ key: `${n}`, outcome: 'booked', resource: 7, id: 'a' })
    expect(claims.missing).toBe(1000)
  })
})

describe('passOf', () => {
  it('puts a key into one part, always the same', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (text, parts) => {
        const part = passOf(text, parts)
        expect(part).toBeGreaterThanOrEqual(0)
        expect(part).toBeLessThan(parts)
        expect(passOf(text, parts)).toBe(part)
      }),
    )
  })

  it('makes parts of about the same size', () => {
    const sizes = [0, 0, 0, 0]
    for (let n = 0; n < 40_000; n++) sizes[passOf(`LOVELACE-${n}`, 4)]!++
    for (const size of sizes) expect(Math.abs(size - 10_000)).toBeLessThan(600)
  })
})
