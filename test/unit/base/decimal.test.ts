import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalOf } from '../../../src/lib/base/decimal.ts'

describe('decimalOf', () => {
  it.each([
    ['7', '7'],
    ['+007', '7'],
    ['15859600.00', '15859600'],
    ['1.50', '1.5'],
    ['15e-1', '1.5'],
    ['-.5', '-0.5'],
    ['0.0050', '0.005'],
    ['-0', '0'],
    ['0e99', '0'],
    ['1e3', '1000'],
    ['1.0E+2', '100'],
    ['1e400', '1e400'],
    ['10e399', '1e400'],
    ['12345678901234567890', '12345678901234567890'],
  ])('spells %s as %s', (text, decimal) => expect(decimalOf(text)).toBe(decimal))

  it.each(['', ' 7', '7 ', '.', 'e5', '1e', 'NaN', 'Infinity', '0x10', '1_000', '1,5', '٧', '7'.repeat(1001)])(
    'takes %j for no number',
    (text) => expect(decimalOf(text)).toBe(null),
  )

  it('gives one number one spelling, and no two numbers the same', () => {
    const part = fc.stringMatching(/^\d{1,20}$/)
    fc.assert(
      fc.property(part, part, fc.nat(5), fc.nat(5), (whole, fraction, before, behind) => {
        const decimal = decimalOf(`${whole}.${fraction}`)
        expect(decimalOf(`${'0'.repeat(before)}${whole}.${fraction}${'0'.repeat(behind)}`)).toBe(decimal)
        expect(decimalOf(`${whole}${fraction}e-${fraction.length}`)).toBe(decimal)
        expect(decimalOf(`${whole}.${fraction}1`)).not.toBe(decimal)
        expect(Number(decimal)).toBe(Number(`${whole}.${fraction}`))
      }),
    )
  })
})
