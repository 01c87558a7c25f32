import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createKeys, isList } from '../../../../src/lib/workloads/isolation/keys.ts'

function drawn(skew: number): Map<string, number> {
  const keys = createKeys({ count: 6, skew })
  const random = createRandom('keys')
  const counts = new Map<string, number>()
  for (let draws = 0; draws < 6000; draws++) {
    const key = keys.draw(random)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

describe('keys', () => {
  it('are lists and registers, all as often without a skew', () => {
    const counts = drawn(0)
    expect([...counts.keys()].sort()).toEqual(['l0.0', 'l1.0', 'l3.0', 'l4.0', 'r2.0', 'r5.0'])
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('are drawn by 1 / n with a skew of 1', () => {
    const counts = drawn(1)
    // Of 6000: 1 + 1/2 + ... + 1/6 = 2.45.
    expect(Math.abs((counts.get('l0.0') ?? 0) - 6000 / 2.45)).toBeLessThan(200)
    expect(Math.abs((counts.get('l1.0') ?? 0) - 6000 / 2.45 / 2)).toBeLessThan(200)
  })

  it('give way to new ones once a list is long, as it is read or as it is written', () => {
    const keys = createKeys({ count: 1, skew: 0, prefix: 'x' })
    const random = createRandom('keys')
    expect(keys.draw(random)).toBe('xl0.0')
    expect(isList(keys.draw(random))).toBe(true)
    keys.seen('xl0.0', 29)
    expect(keys.draw(random)).toBe('xl0.0')
    keys.seen('xl0.0', 30)
    // Told again by a slow one.
    keys.seen('xl0.0', 31)
    expect(keys.draw(random)).toBe('xl0.1')
    for (let appends = 0; appends < 30; appends++) keys.appended('xl0.1')
    expect(keys.draw(random)).toBe('xl0.2')
  })
})
