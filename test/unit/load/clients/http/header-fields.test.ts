import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFields } from '../../../../../src/lib/load/clients/http/header-fields.ts'
import { ScenarioMistake } from '../../../../../src/lib/load/scenarios/mistakes.ts'

describe('headers', () => {
  it.each([
    ['an object', { A: 'x', b: 5, c: true }, ['A', 'x', 'b', '5', 'c', 'true']],
    ['a Headers object', new Headers({ authorization: 'Bearer x' }), ['authorization', 'Bearer x']],
    [
      'pairs',
      [
        ['a', 'x'],
        ['a', 'y'],
      ],
      ['a', 'x', 'a', 'y'],
    ],
    ['a Map', new Map([['a', 'x']]), ['a', 'x']],
    ['values in a list', { a: ['x', 'y'], b: 'z' }, ['a', 'x', 'a', 'y', 'b', 'z']],
    [
      'cookies',
      [
        ['Cookie', 'a=1'],
        ['x', 'y'],
        ['cookie', 'b=2'],
      ],
      ['Cookie', 'a=1; b=2', 'x', 'y'],
    ],
    ['an empty value', { a: '' }, ['a', '']],
    ['none', {}, []],
  ])('may be %s', (_name, headers, flat) => expect(readFields(headers).flat).toEqual(flat))

  it('say which of them stand in for those of the client', () => {
    expect(readFields({ Host: 'shop.example:8080', 'Content-Type': 'a/b', AUTHORIZATION: 'x' })).toMatchObject({
      hasHost: true,
      hasType: true,
      hasAuthorization: true,
    })
    expect(readFields({ hosts: 'a' })).toMatchObject({ hasHost: false, hasType: false, hasAuthorization: false })
    expect(readFields({ host: '[::1]:80' }).hasHost).toBe(true)
  })

  it.each([
    ['a text', 'a: b', 'headers cannot be "a: b"'],
    ['nothing', null, 'headers cannot be null'],
    ['a Promise', Promise.resolve({ a: 'b' }), 'headers cannot be a Promise (is an "await" missing?)'],
    ['no pairs', ['ab'], 'headers cannot be the list ["ab"]'],
    ['an undefined value', { h: undefined }, 'the header "h" cannot be undefined'],
    ['a null', { h: null }, 'the header "h" cannot be null'],
    ['no number', { h: NaN }, 'the header "h" cannot be NaN'],
    ['an object', { h: {} }, 'the header "h" cannot be an object'],
    ['no values', { h: [] }, 'the header "h" cannot be the list []'],
    ['a name with a space', { 'a b': 'c' }, 'the name of a header cannot be "a b"'],
    ['no name', { '': 'c' }, 'the name of a header cannot be ""'],
    ['a line break', { x: 'secret\r\nb: c' }, 'the header x has a character'],
    ['another letter', { x: '\u00e4' }, 'the header x has a character'],
    [
      'connection',
      { Connection: 'close' },
      'the header connection cannot be sent: connections are opened and kept by rushbench',
    ],
    ['transfer-encoding', { 'transfer-encoding': 'chunked' }, 'cannot be sent: the body is sent whole'],
    ['content-length', [['Content-Length', '1']], 'the header content-length cannot be sent: the body is sent whole'],
    ['upgrade', { upgrade: 'websocket' }, 'WebSockets are opened by connect'],
    ['a host that is none', { host: 'a/b' }, 'the header host cannot be "a/b"'],
    [
      'two hosts',
      [
        ['host', 'a'],
        ['Host', 'b'],
      ],
      'the header host cannot be sent twice',
    ],
    ['two types', { 'content-type': ['a/b', 'c/d'] }, 'the header content-type cannot be sent twice'],
  ])('may not be %s', (_name, headers, reason) => {
    expect(() => readFields(headers)).toThrow(ScenarioMistake)
    expect(() => readFields(headers)).toThrow(reason)
    expect(() => readFields(headers)).not.toThrow('secret')
  })

  it('never let a line break through, and agree with fetch on what they are', () => {
    const value = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('a\r\nb: c', 'a\nb', '\0'))
    const name = fc.oneof(fc.string(), fc.stringMatching(/^[a-z-]{1,10}$/))
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        let flat: string[]
        try {
          flat = readFields(pairs).flat
        } catch (error) {
          expect(error).toBeInstanceOf(ScenarioMistake)
          return
        }
        expect(flat.join('')).not.toMatch(/[\r\n\0]/)
        const known = flat.flatMap((text, at) => (at % 2 === 0 ? [[text, flat[at + 1]] as [string, string]] : []))
        expect([...new Headers(known).keys()]).toEqual([...new Headers(pairs).keys()])
      }),
    )
  })
})
