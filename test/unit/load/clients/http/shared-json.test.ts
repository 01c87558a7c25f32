import { describe, expect, it } from 'vitest'
import { createSharedJson } from '../../../../../src/lib/load/clients/http/kept-body.ts'

describe('createSharedJson', () => {
  it('parses equal bodies once', () => {
    const parse = createSharedJson()
    const first = parse(Buffer.from('[1]'))
    expect(parse(Buffer.from('[1]'))).toBe(first)
    expect(parse(Buffer.from('[2]'))).toEqual([2])
  })

  it('forgets the oldest of many', () => {
    const parse = createSharedJson()
    const first = parse(Buffer.from('[0]'))
    for (let i = 1; i <= 8; i++) parse(Buffer.from(`[${i}]`))
    expect(parse(Buffer.from('[0]'))).toEqual(first)
    expect(parse(Buffer.from('[0]'))).not.toBe(first)
  })

  it('throws what JSON.parse throws', () => {
    expect(() => createSharedJson()(Buffer.from('{'))).toThrow(SyntaxError)
  })
})
