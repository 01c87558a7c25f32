import { describe, expect, it } from 'vitest'

// Plain JavaScript, as the linter loads it.
const { findSlowness } = (await import(new URL('../../../dev/lint/linear-expressions.js', import.meta.url).href)) as {
  findSlowness: (source: string, flags: string) => string | null
}

describe('the rule for regular expressions', () => {
  it.each([
    [/^\s*(.+?)\s*(<=|>=|<|>)\s*(\d+(?:\.\d+)?)\s*([a-z%]*)\s*$/, 'polynomial'],
    [/\/+$/, 'polynomial'],
    [/^(a+)+$/, 'exponential'],
    [/^[a-z]*[a-z0-9]*:/, 'polynomial'],
  ])('finds %s', ({ source, flags }, size) => {
    expect(findSlowness(source, flags)).toContain(size)
  })

  it.each([/^(\d+(?:\.\d+)?)\s*([a-z%]*)$/, /^[^:]*:\s*$/, /[&<>"']/g, /^(\d+(\.\d+)?(ms|s|m|h))+$/])(
    'lets %s pass',
    ({ source, flags }) => {
      expect(findSlowness(source, flags)).toBeNull()
    },
  )
})
