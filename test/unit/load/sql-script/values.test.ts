import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binaries } from '../../../../src/lib/load/sql-script/operators.ts'
import { asInteger, asOperand, Double, isTrue, type Operand } from '../../../../src/lib/load/sql-script/values.ts'

const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]

/** Whole numbers of 64 bits, many of them at the edges of what bits and numbers hold. */
const whole = fc.oneof(
  fc.bigInt({ min: least, max: most }),
  fc.bigInt({ min: -10n, max: 10n }),
  fc
    .tuple(fc.constantFrom(0n, 31n, 32n, 52n, 53n, 62n, 63n), fc.bigInt({ min: -2n, max: 2n }), fc.boolean())
    .map(([bits, more, negative]) => BigInt.asIntN(64, (negative ? -1n : 1n) * (2n ** bits + more))),
)

const toOperand = (value: bigint): Operand =>
  value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value

const exact: Readonly<Record<string, (a: bigint, b: bigint) => bigint | boolean | null>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => (b === 0n ? null : a / b),
  '%': (a, b) => (b === 0n ? null : a % b),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '#': (a, b) => a ^ b,
  '=': (a, b) => a === b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
}

describe('whole numbers', () => {
  it.each(Object.entries(exact))('%s is exact in 64 bits, or an error', (sign, work) => {
    const [, operator] = binaries.get(sign as '+')!
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        const right = work(a, b)
        const run = () => operator(toOperand(a), toOperand(b))
        if (right === null) expect(run).toThrow('it divides by zero')
        else if (typeof right === 'bigint' && (right < least || right > most))
          expect(run).toThrow('64 bits do not hold')
        // Zero has no sign.
        else expect(Object.is(run(), typeof right === 'boolean' ? right : toOperand(right))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [2251799813685248.5, 2251799813685248],
    [9007199254740992, 9007199254740992n],
    [-(2 ** 63), least],
  ])('come of doubles by the nearest, of two the even one: %d', (double, integer) => {
    expect(Object.is(asInteger(new Double(double)), integer)).toBe(true)
  })
})

describe('a text', () => {
  it.each<[string, Operand]>([
    ['12', 12],
    [' -12', -12],
    ['+9007199254740993', 9007199254740993n],
    ['null', null],
    ['TRUE', true],
    ['y', true],
    ['on', true],
    ['off', false],
    ['fal', false],
  ])('is the value that it says, as in pgbench: %s', (text, value) => {
    expect(asOperand(text)).toBe(value)
  })

  it('may be a double, or no value at all', () => {
    expect(asOperand('1.5e3')).toEqual(new Double(1500))
    for (const text of ['', ' ', 'o', 'x', '1 2', '9223372036854775808']) expect(() => asOperand(text)).toThrow()
  })
})

it('a condition holds for all but false, null and zero', () => {
  const values = [true, 1, -1n, new Double(0.1), false, 0, null, new Double(0)]
  expect(values.map(isTrue)).toEqual([true, true, true, true, false, false, false, false])
})
