import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLike } from '../../../src/lib/base/glob.ts'

describe('a pattern of names', () => {
  it.each([
    ['2026-load.json', '*-load.json', true],
    ['2026-load.json', '*.json', true],
    ['2026-load.json', '????-load.json', true],
    ['2026-load.json', '???-load.json', false],
    ['2026-seed.json', '*-load.json', false],
    ['a.b', 'a?b', true],
    ['ab', 'a*b*', true],
    ['a', '*a*a', false],
    ['', '*', true],
    ['', '?', false],
    ['a+(b)', 'a+(b)', true],
  ])('%j is like %j: %s', (name, pattern, expected) => {
    expect(isLike(name, pattern)).toBe(expected)
  })

  it('says what a regular expression would', () => {
    const text = (...letters: string[]) =>
      fc.array(fc.constantFrom(...letters), { maxLength: 12 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text('a', 'b'), text('a', 'b', '*', '?'), (name, pattern) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(isLike(name, pattern)).toBe(expression.test(name))
      }),
      { numRuns: 2000 },
    )
  })

  it('takes no time, however many stars it has', () => {
    const beganAt = performance.now()
    expect(isLike('a'.repeat(255), `${'*a'.repeat(120)}*b`)).toBe(false)
    expect(performance.now() - beganAt).toBeLessThan(2000)
  })
})
