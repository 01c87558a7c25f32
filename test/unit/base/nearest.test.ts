import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearestWord } from '../../../src/lib/base/nearest.ts'

const flags = ['users', 'duration', 'threads', 'threshold', 'target', 'rate', 'ramp-up', 'reports', 'report']

describe('nearestWord', () => {
  it.each([
    ['user', 'users'],
    ['usres', 'users'],
    ['dur', 'duration'],
    ['duratoin', 'duration'],
    ['rampup', 'ramp-up'],
    ['repotr', 'report'],
    ['rat', 'rate'],
    ['rete', 'rate'],
  ])('takes %s for %s', (typed, meant) => expect(nearestWord(typed, flags)).toBe(meant))

  it.each(['x', 'zzzz', 'abandon', ''])('takes %s for nothing', (typed) => expect(nearestWord(typed, flags)).toBe(null))

  it('finds a word of four letters or more in which one is wrong, missing or one too many', () => {
    const word = fc.constantFrom(...flags.filter(({ length }) => length >= 4))
    fc.assert(
      fc.property(word, fc.nat(20), fc.constantFrom('drop', 'change', 'add'), (given, place, how) => {
        const at = place % given.length
        const rest = how === 'add' ? at : at + 1
        const typed = given.slice(0, at) + (how === 'drop' ? '' : '0') + given.slice(rest)
        expect(nearestWord(typed, [given])).toBe(given)
      }),
    )
  })
})
