import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExactJson } from '../../../src/lib/base/exact-json.ts'

const errorOf = (text: string): string | null => {
  const { parseError } = parseExactJson(text)
  return parseError && `${parseError.field} ${parseError.reason}`
}

const tooManyDigits = 'has more digits than a number can hold'

describe('parseExactJson', () => {
  it.each([
    '0',
    '-0',
    '1.5',
    '0.1',
    '1e2',
    '1E-7',
    '9007199254740991',
    '-9007199254740991',
    '123456789012345.5',
    '"12345678901234567890"',
    '"\\ud83d\\ude00 \\"quoted\\" \\\\"',
    '[]',
    '{}',
    ' { "a" : [ 1 , { "a" : null , "b" : true } , "a" ] , "b" : "a" } ',
    '[{"a":1},{"a":2}]',
  ])('takes %s as JSON.parse does', (text) => {
    expect(parseExactJson(text)).toEqual({ value: JSON.parse(text) as unknown, parseError: null })
  })

  it.each([
    ['', 'body is not valid JSON'],
    ['{"a": 1', 'body is not valid JSON'],
    ['\ufeff{}', 'body is not valid JSON'],
    ['12345678901234567890', `body ${tooManyDigits}`],
    ['{"ticket": {"id": 9007199254740993}}', `ticket.id ${tooManyDigits}`],
    ['{"a": -9007199254740992}', `a ${tooManyDigits}`],
    ['{"a": [1, 1e400]}', `a.1 ${tooManyDigits}`],
    ['{"a": 1e-400}', `a ${tooManyDigits}`],
    ['{"a": 1e21}', `a ${tooManyDigits}`],
    ['{"a": 1.00000000000000000001}', `a ${tooManyDigits}`],
    ['{"a": 0.1000000000000000055}', `a ${tooManyDigits}`],
    [`{"a": ${'1'.repeat(100_000)}}`, `a ${tooManyDigits}`],
    ['{"a": "\\ud83d"}', 'a has characters that are no text'],
    ['{"a": ["x", "\\ude00\\ud83d"]}', 'a.1 has characters that are no text'],
    ['{"a": 1, "b": 2, "a": 1}', 'a is there twice'],
    ['{"a": 1, "\\u0061": 1}', 'a is there twice'],
    ['{"x": [{}, {"a": 1, "b": {"a": 1}, "a": {}}]}', 'x.1.a is there twice'],
    ['{"__proto__": {"admin": true}}', '__proto__ is no name of a field'],
    ['{"x": {"\\u005f_proto__": 1}}', 'x.__proto__ is no name of a field'],
    [`${'['.repeat(101)}${']'.repeat(101)}`, `${'0.'.repeat(99)}0 is nested too deeply`],
  ])('refuses %s and says where and why', (text, parseError) => expect(errorOf(text)).toBe(parseError))

  it('takes whatever JSON there is with numbers of fifteen digits and whole texts, and alters nothing', () => {
    const number = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer().map((cents) => cents / 100),
    )
    const name = fc.string({ unit: 'grapheme' }).filter((text) => text !== '__proto__')
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        number,
        fc.string({ unit: 'grapheme' }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('json'), { maxLength: 5 }),
        fc.dictionary(name, tie('json'), { maxKeys: 5 }),
      ),
    }))
    fc.assert(
      fc.property(json, fc.nat(4), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        expect(parseExactJson(text)).toEqual({ value: JSON.parse(text) as unknown, parseError: null })
      }),
    )
  })

  it('takes every whole number up to 2^53 - 1 and no other', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[1-9]\d{0,25}$/), (written) => {
        const { value } = parseExactJson(written)
        if (BigInt(written) <= BigInt(Number.MAX_SAFE_INTEGER)) expect(value).toBe(Number(written))
        else expect(value).toBe(null)
      }),
    )
  })

  it('never makes one number of two', () => {
    const digits = fc.stringMatching(/^[1-9]\d{0,19}$/)
    fc.assert(
      fc.property(digits, digits, digits, fc.nat(25), (whole, one, other, zeros) => {
        const [first, second] = [one, other].map((end) => `${whole}.${'0'.repeat(zeros)}${end}5`) as [string, string]
        if (first === second) return
        const { value } = parseExactJson(first)
        if (value !== null) expect(parseExactJson(second).value).not.toBe(value)
      }),
    )
  })

  it('ends in a sentence or in what JSON.parse gives, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.json(),
          fc.json().map((text) => text.slice(1)),
        ),
        (text) => {
          const { value, parseError } = parseExactJson(text)
          if (parseError) expect(parseError.field.isWellFormed()).toBe(true)
          else expect(value).toEqual(JSON.parse(text))
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('goes through a long body in time that grows with its length', () => {
    const long = [
      `[${'1,'.repeat(500_000)}1]`,
      `"${'\\\\'.repeat(500_000)}"`,
      `"${' '.repeat(1_000_000)}"`,
      `{${Array.from({ length: 100_000 }, (_, index) => `"${index}":{}`).join()}}`,
      `[${'"",'.repeat(700_000)}"\\n"]`,
    ]
    const startedAt = performance.now()
    for (const text of long) expect(errorOf(text)).toBe(null)
    // Some 200 ms; what looks for an escape behind every text anew takes minutes.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })
})
