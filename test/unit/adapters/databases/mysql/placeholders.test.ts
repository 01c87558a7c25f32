import { describe, expect, it } from 'vitest'
import { splitAtPlaceholders, writeInto } from '../../../../../src/lib/adapters/databases/mysql/placeholders.ts'

const write = (sql: string, ...values: (string | number | boolean | null | Uint8Array)[]) =>
  writeInto(splitAtPlaceholders(sql), values)

describe('statements as text', () => {
  it('leaves question marks in texts, names and comments', () => {
    expect(write(`select '?', 'a''?', 'a\\'?', "?", \`?\`, ? /* ? */ -- ?\n, ? # ?`, 1, 2)).toBe(
      `select '?', 'a''?', 'a\\'?', "?", \`?\`, 1 /* ? */ -- ?\n, 2 # ?`,
    )
    // No comment: MySQL wants a space behind the second hyphen.
    expect(write('select 5--?', 1)).toBe('select 5--1')
  })

  it('writes values that cannot end their text', () => {
    expect(write('(?, ?, ?, ?, ?)', "'; drop table t; -- \\", null, true, -1.5, new Uint8Array([0, 39, 255]))).toBe(
      "('\\'; drop table t; -- \\\\', NULL, true, -1.5, X'0027ff')",
    )
    expect(write('?', '?')).toBe("'?'")
  })

  it('wants a value for each', () => {
    expect(() => write('select ?')).toThrow('has 1 placeholders, and was given 0 values')
    expect(() => write('select 1', 2)).toThrow('has 0 placeholders, and was given 1 values')
  })
})
