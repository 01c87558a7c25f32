import { describe, expect, it } from 'vitest'
import { Double } from '../../../../src/lib/load/sql-script/values.ts'
import { notingHost, read, userOf } from '../../../support/load/sql-scripts.ts'
import { runScript } from '../../../../src/lib/load/sql-script/run-script.ts'

/** The value of an expression as pgbench's debug() prints it. */
async function valueOf(expression: string): Promise<string> {
  const script = read(`\\set x ${expression}\nselect :x`)
  const user = userOf(script)
  await runScript(script, user, notingHost())
  const value = user.values[script.slots.get('x') as number]
  if (value instanceof Double) return `double ${value.value}`
  if (value === null) return 'null'
  return typeof value === 'boolean' ? `boolean ${value}` : `int ${String(value)}`
}

const errorOf = (expression: string): string => {
  try {
    read(`\\set x ${expression}\nselect :x`)
    return 'none'
  } catch (error) {
    return (error as Error).message
  }
}

describe('an expression has the value that pgbench 15.18 printed for it with debug()', () => {
  it.each([
    ['-7 / 2', 'int -3'],
    ['-7 % 2', 'int -1'],
    ['7 / -2.0', 'double -3.5'],
    ['int(2.5)', 'int 2'],
    ['int(3.5)', 'int 4'],
    ['int(-2.5)', 'int -2'],
    ['2 + 3 * 4 - -1', 'int 15'],
    ['~ 1 + 2', 'int -4'],
    ['1 | 2 # 3 & 6 << 1', 'int 0'],
    ['-1 >> 3', 'int -1'],
    ['not 1 = 2', 'boolean true'],
    ['null and false', 'null'],
    ['false and null', 'boolean false'],
    ['1 = 1 is true', 'boolean true'],
    ['5 IS NOT NULL', 'boolean true'],
    ['case when 0 then 1 when 2.5 then 2 end', 'int 2'],
    ['case when null then 1 end', 'null'],
    ['least(3, 2.0, 5)', 'double 2'],
    ['greatest(3, 2, 5)', 'int 5'],
    ['LEAST(1, 2)', 'int 1'],
    ['pow(2, 10)', 'double 1024'],
    ['9223372036854775807 - 1', 'int 9223372036854775806'],
    ['-9223372036854775808', 'int -9223372036854775808'],
    ['4611686018427387904 * -2', 'int -9223372036854775808'],
    ['1e3 % 7', 'int 6'],
    ['abs(-3.5)', 'double 3.5'],
    ['1.0 / 0', 'double Infinity'],
    ['ln(exp(1))', 'double 1'],
    ['hash_murmur2(10, 5432)', 'int -5817877081768721676'],
    ['hash(10)', 'int -5817877081768721676'],
    ['hash_fnv1a(10, 5432)', 'int -7793829335365542153'],
    ['hash(-1, 0)', 'int 4219408603045787357'],
    ['hash_fnv1a(9223372036854775807, -9)', 'int 9137565503470447370'],
    ['permute(0, 4)', 'int 3'],
    ['permute(3, 4, 5432)', 'int 0'],
    ['permute(999999, 1000000, 7)', 'int 496846'],
    ['permute(-1, 10, 1)', 'int 3'],
    ['permute(5, 9223372036854775807, -1)', 'int 5317344602584391875'],
  ])('%s', async (expression, value) => {
    expect(await valueOf(expression)).toBe(value)
  })
})

describe('an expression', () => {
  it('goes on behind a backslash at the end of a line', async () => {
    expect(await valueOf('1 + \\\n 2 * \\\r\n :scale')).toBe('int 3')
  })

  it('leaves out of AND, OR and CASE what does not decide', async () => {
    expect(await valueOf('case when :scale = 1 then 5 else 1 / 0 end')).toBe('int 5')
    expect(await valueOf('true or 1 / 0 = 1')).toBe('boolean true')
    expect(await valueOf('false and 1 / 0 = 1')).toBe('boolean false')
  })

  it('keeps whole numbers exact beyond 2^53, in both ways', async () => {
    expect(await valueOf('9007199254740991 + :scale + :scale')).toBe('int 9007199254740993')
    expect(await valueOf('9007199254740993 - :scale - :scale')).toBe('int 9007199254740991')
    expect(await valueOf('3037000500 * 3037000499')).toBe('int 9223372033963249500')
    expect(await valueOf('0 * -5')).toBe('int 0')
  })

  it.each([
    ['', 'mine.sql:1:7: an expression is missing. Nothing was sent.'],
    ['1 +', 'mine.sql:1:11: the line ends where it needs a number, a variable, a function or an opening bracket.'],
    ['(1', 'mine.sql:1:10: the line ends where it needs a closing bracket.'],
    ['1 2', 'mine.sql:1:10, at "2": 2 stands where it needs the end of the line, or an operator.'],
    ['1 < 2 < 3', 'mine.sql:1:14, at "< 3": comparisons cannot be chained; use brackets or AND.'],
    [
      '1 + randum(1, 2)',
      'mine.sql:1:12, at "randum(1, 2)": there is no function randum, but there is random; known are abs,',
    ],
    ['random(1)', 'mine.sql:1:8, at "random(1)": random takes 2 arguments, not 1.'],
    ['pi(1)', 'mine.sql:1:8, at "pi(1)": pi takes no arguments, not 1.'],
    ['hash()', 'mine.sql:1:8, at "hash()": hash takes 1 or 2 arguments, not 0.'],
    ['permute(1)', 'mine.sql:1:8, at "permute(1)": permute takes 2 or 3 arguments, not 1.'],
    ['least()', 'mine.sql:1:8, at "least()": least takes 1 to 16 arguments, not 0.'],
    ['debug(1)', 'debug(...) would print in every iteration'],
    ['scale', 'mine.sql:1:8, at "scale": scale is no number; a variable is written with a colon, :scale.'],
    ['sqrt 2', 'the function sqrt needs its arguments in brackets'],
    [':amount', 'mine.sql:1:8, at ":amount": there is no variable :amount; \\set it before.'],
    [':scal', 'there is no variable :scal (did you mean :scale?)'],
    ["'a'", 'which has numbers, booleans and null, but no texts'],
    ['1 ? 2', 'mine.sql:1:10, at "? 2": "?" has no meaning in an expression.'],
    ['9223372036854775808', 'mine.sql:1:8, at "9223372036854775808": 9223372036854775808 is more than 64 bits hold.'],
    ['9223372036854775807 + 1', 'mine.sql:1:28, at "+ 1": + gives a whole number that 64 bits do not hold.'],
    ['1e999', '1e999 is no number that a double holds'],
    ['1 / 0', 'mine.sql:1:10, at "/ 0": it divides by zero.'],
    ['5 % 0', 'it divides by zero'],
    ['int(1e19)', 'is no whole number of 64 bits'],
    ['1 and true', 'it has a whole number where a boolean is needed'],
    ['true + 1', 'it has a boolean where a whole number is needed'],
    ['random(10, 1)', 'mine.sql:1:8, at "random(10, 1)": its range is empty: 10 is more than 1.'],
    [
      'random(-9223372036854775808, 9223372036854775807)',
      'the size of its range gives a whole number that 64 bits do not hold',
    ],
    ['random_gaussian(1, 10, 1.99)', 'the parameter of random_gaussian is 2 or more, not 1.99'],
    ['random_exponential(1, 10, 0)', 'the parameter of random_exponential is above 0, not 0'],
    ['random_zipfian(1, 10, 1)', 'the parameter of random_zipfian is from 1.001 to 1000, not 1'],
    ['random_zipfian(1, 10, 1000.5)', 'the parameter of random_zipfian is from 1.001 to 1000, not 1000.5'],
    ['permute(1, 0)', 'none'],
    ['permute(1, 0, 1)', 'the size of permute is above 0, not 0'],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'it is nested more than 100 deep'],
    [`1${' + 1'.repeat(600)}`, 'the expression is longer than 1000 words'],
  ])('is refused with its place where it is wrong: %s', (expression, error) => {
    expect(errorOf(expression)).toContain(error)
  })

  it('is refused when it is run for what only then is wrong, with its place', async () => {
    await expect(valueOf('1 / (:scale - 1)')).rejects.toThrow('mine.sql:1:7, at "1 / (:scale - 1)": it divides by zero')
    await expect(valueOf('random(1, :scale - 1)')).rejects.toThrow('its range is empty: 1 is more than 0')
  })
})
