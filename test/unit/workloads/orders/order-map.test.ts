import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonical } from '../../../../src/lib/workloads/orders/audit.ts'
import { createChecksum, type OrderChecksum } from '../../../../src/lib/workloads/orders/order-map.ts'

const checksumOf = (uids: readonly string[]): OrderChecksum => {
  const sum = createChecksum()
  for (const uid of uids) sum.add({ order_uid: uid, body: `{"order_uid":"${uid}"}` })
  return sum.total()
}

describe('the checksum of orders', () => {
  it('is a count and 64 bits of SHA-1', () => {
    expect(checksumOf([])).toEqual({ count: 0, checksum: '0000000000000000' })
    const sum = createHash('sha1').update('a\n{"order_uid":"a"}').digest()
    const hex = (at: number) => sum.readUInt32LE(at).toString(16).padStart(8, '0')
    expect(checksumOf(['a'])).toEqual({ count: 1, checksum: hex(0) + hex(4) })
  })

  it('does not depend on the order, and sees one more, one less and one twice', () => {
    const abc = checksumOf(['a', 'b', 'c'])
    expect(checksumOf(['c', 'a', 'b'])).toEqual(abc)
    const removed = createChecksum()
    for (const uid of ['x', 'a', 'b', 'c']) removed.add({ order_uid: uid, body: `{"order_uid":"${uid}"}` })
    removed.remove({ order_uid: 'x', body: '{"order_uid":"x"}' })
    expect(removed.total()).toEqual(abc)
    const others = [
      ['a', 'b'],
      ['a', 'b', 'd'],
      ['a', 'b', 'b'],
      ['a', 'a', 'a'],
    ].map(checksumOf)
    const checksums = new Set([abc, ...others].map(({ checksum }) => checksum))
    expect(checksums.size).toBe(5)
    expect(checksumOf(['a', 'b', 'c', 'd', 'd'])).not.toEqual(checksumOf(['a', 'b', 'c', 'e', 'e']))
  })
})

describe('canonical JSON', () => {
  it('has its fields in alphabetical order, at every depth, and its lists as they are', () => {
    expect(canonical({ b: [{ d: 1, c: 2 }, 0], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1},0]}')
  })

  it('is the same for whatever order of fields', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .toReversed()
          .map(([name, part]) => [name, reversed(part)]),
      )
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonical(reversed(value))).toBe(canonical(value))
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
