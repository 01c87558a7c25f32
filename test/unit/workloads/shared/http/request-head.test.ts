import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isUtf8Type, mediaTypeOf } from '../../../../../src/lib/workloads/shared/http/request-head.ts'

const cases = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((upper) =>
    text
      .split('')
      .map((letter, at) => (upper[at] ? letter.toUpperCase() : letter))
      .join(''),
  )
const parameter = fc.stringMatching(/^[a-bd-z]{1,5}=[a-z0-9]{0,5}$/)

it('knows a type in whatever case and with whatever parameters', () => {
  fc.assert(
    fc.property(cases('image/png'), fc.array(parameter), fc.constantFrom(';', ' ; '), (type, parameters, between) => {
      expect(mediaTypeOf([type, ...parameters].join(between))).toBe('image/png')
    }),
  )
})

it('knows a charset among other parameters', () => {
  const charsets = fc.constantFrom('utf-8', 'utf8', 'latin1', 'utf-16', '')
  fc.assert(
    fc.property(cases('charset'), charsets, fc.boolean(), fc.array(parameter), (name, charset, isQuoted, others) => {
      const given = `${name}=${isQuoted ? `"${charset}"` : charset}`
      expect(isUtf8Type(['text/x', ...others, given, ...others].join('; '))).toBe(/^utf-?8$/.test(charset))
      expect(isUtf8Type(['text/x', ...others].join(';'))).toBe(true)
    }),
  )
})

it('ends for any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(typeof isUtf8Type(text)).toBe('boolean')
      expect(mediaTypeOf(text)).not.toContain(';')
    }),
  )
})
