import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBrokerUrl } from '../../../../src/lib/adapters/brokers/url.ts'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'

describe('readBrokerUrl', () => {
  it.each([
    ['nats://127.0.0.1', { shown: 'nats://127.0.0.1', host: '127.0.0.1', port: 4222, user: '', password: '' }],
    ['nats://[::1]:1', { shown: 'nats://[::1]:1', host: '::1', port: 1, user: '', password: '' }],
    ['nats://u%40:p%3A@h:2', { shown: 'nats://u%40:***@h:2', host: 'h', port: 2, user: 'u@', password: 'p:' }],
    ['nats://token@h', { shown: 'nats://***@h', host: 'h', port: 4222, user: 'token', password: '' }],
  ])('%s', (url, parts) => expect(readBrokerUrl(url, 4222)).toEqual(parts))

  it.each(['', 'nats:', 'nats://', 'nats://h:port', 'nats://u:100%@h'])('%j cannot be reached', (url) => {
    expect(() => readBrokerUrl(url, 4222)).toThrow(expect.objectContaining({ code: 'url-unreadable' }))
  })

  it('refuses what it would have to leave aside', () => {
    expect(() => readBrokerUrl('nats://u:secret@h?tls=true', 4222)).toThrow(
      'nats://u:***@h?tls=true has a parameter tls that is not known for nats:. None is; leave it out.',
    )
    expect(() => readBrokerUrl('kafka://h:1,h:2', 9092)).toThrow('it names several hosts')
    expect(() => readBrokerUrl('nats://h/x', 9092)).toThrow('nothing is known of a path in it')
  })

  it('fails with an error of the catalogue alone, and shows no password', () => {
    const end = fc.constantFrom('@h:1', '@', '@[::1', '@h:99999', '/x@h', '#@h', '')
    const password = fc.string({ minLength: 6, maxLength: 20 }).filter((text) => !'nats://user:***@h'.includes(text))
    fc.assert(
      fc.property(password, end, (secret, rest) => {
        try {
          expect(readBrokerUrl(`nats://user:${secret}${rest}`, 4222).shown).not.toContain(`:${secret}@`)
        } catch (error) {
          expect(error).toBeInstanceOf(RushbenchError)
          expect((error as Error).message).not.toContain(`:${secret}@`)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
