import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../src/lib/base/random.ts'

describe('createRandom', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const draw = (seed: string) => {
      const random = createRandom(seed)
      return Array.from({ length: 5 }, () => random.uint32())
    }
    expect(draw('a')).toEqual(draw('a'))
    expect(draw('a')).not.toEqual(draw('b'))
  })

  // The numbers are those of an independent implementation of FNV-1a, SplitMix32 and xoshiro128** 1.1.
  it('does not change from one version to the next: saved seeds keep their meaning', () => {
    const random = createRandom('rushbench')
    expect([random.uint32(), random.uint32(), random.uint32()]).toEqual([2579878422, 3792422337, 1835590723])
  })

  it('forks by label, whatever was drawn before', () => {
    const first = createRandom('seed')
    const second = createRandom('seed')
    second.uint32()
    expect(first.fork('users').uint32()).toBe(second.fork('users').uint32())
    expect(first.fork(1).uint32()).not.toBe(first.fork(2).uint32())
  })

  it('keeps within its bounds', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -1000, max: 1000 }), fc.nat(1000), (seed, min, span) => {
        const value = createRandom(seed).integer(min, min + span)
        expect(value).toBeGreaterThanOrEqual(min)
        expect(value).toBeLessThanOrEqual(min + span)
        expect(Number.isInteger(value)).toBe(true)
      }),
    )
  })

  it('spreads evenly: each of 10 boxes gets a tenth of 100,000 numbers, within 3%', () => {
    const random = createRandom('even')
    const boxes = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 100_000; i++) boxes[Math.floor(random.float() * 10)]!++
    for (const box of boxes) expect(Math.abs(box - 10_000)).toBeLessThan(300)
  })

  it.each([[[]], [new Set(['a'])], [{}]])('refuses to pick from what has nothing to pick: %j', (items) => {
    expect(() => createRandom('x').pick(items as never)).toThrow(RangeError)
  })

  it.each([
    [1, undefined],
    [NaN, 2],
    ['1', 5],
    [1, Infinity],
  ])('refuses %j and %j for bounds', (min, max) => {
    expect(() => createRandom('x').integer(min as never, max as never)).toThrow(RangeError)
  })
})
