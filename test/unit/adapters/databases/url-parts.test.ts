import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMongoUrl } from '../../../../src/lib/adapters/databases/mongodb/url.ts'
import { readMysqlUrl } from '../../../../src/lib/adapters/databases/mysql/url.ts'
import { readPostgresUrl } from '../../../../src/lib/adapters/databases/postgres/url.ts'
import { readRedisUrl } from '../../../../src/lib/adapters/databases/redis/url.ts'
import { readUrlParts } from '../../../../src/lib/adapters/databases/url-parts.ts'
import { redactUrl } from '../../../../src/lib/base/redact-url.ts'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'

describe('readUrlParts', () => {
  it('takes a URL apart, and decodes its parts', () => {
    expect(readUrlParts('postgres://me%40x:p%3Aw%2F@a.example:1,[::1]:2,%2Frun%2Fpg/my%20db?a=1%262&b&c=x=y')).toEqual({
      shown: 'postgres://me%40x:***@a.example:1,[::1]:2,%2Frun%2Fpg/my%20db?a=1%262&b&c=x=y',
      scheme: 'postgres',
      user: 'me@x',
      password: 'p:w/',
      hosts: [
        { host: 'a.example', port: 1 },
        { host: '::1', port: 2 },
        { host: '/run/pg', port: null },
      ],
      path: '/my db',
      parameters: [
        ['a', '1&2'],
        ['b', ''],
        ['c', 'x=y'],
      ],
    })
    expect(readUrlParts('MYSQL:///x')).toMatchObject({ scheme: 'mysql', user: '', hosts: [{ host: '', port: null }] })
  })

  it.each([
    ['mysql:x', 'it is not a URL'],
    ['mysql://u:100%@h/x', 'a % in the URL has to be written as %25'],
    ['mysql://h:99999/x', 'it names no host and port that could be'],
    ['mysql://h:port/x', 'it names no host and port that could be'],
    ['mysql://u:p@ss@h/x', '@ as %40'],
    ['mysql://u:p/ss@h/x', '@ as %40'],
    ['mysql://u:p?ss@h/x', '@ as %40'],
    ['mysql://u:p#ss@h/x', '@ as %40'],
    ['mysql://h/x#y', '# as %23'],
    ['mysql://h/x?password=p@ss', '@ as %40'],
    [`postgres://u:p@${'h,'.repeat(16)}h/x`, 'it names 17 hosts; 16 at most are tried'],
    [`mongodb://u:p@${'h,'.repeat(9999)}h/x`, 'it names 10,000 hosts; 16 at most are tried'],
  ])('refuses %s', (url, reason) => {
    expect(() => readUrlParts(url)).toThrow(expect.objectContaining({ code: 'url-unreadable' }))
    expect(() => readUrlParts(url)).toThrow(reason)
  })
})

describe('readPostgresUrl', () => {
  it('takes no more hosts by a parameter than a URL may name', () => {
    const named = (count: number) =>
      readPostgresUrl(`postgres:///x?host=${Array.from({ length: count }, () => 'h').join()}`)
    expect(named(16).servers).toHaveLength(16)
    expect(() => named(17)).toThrow('it names 17 hosts; 16 at most are tried')
  })
})

/** Text in which a part of a password would be seen: nothing else that is printed holds these letters in a row. */
const secretPart = fc.stringMatching(/^[Q-Z]{5,8}[0-9]{3}$/)
const special = fc.constantFrom(
  '@',
  '/',
  ':',
  '?',
  '#',
  '&',
  '%',
  '=',
  ',',
  ' ',
  '[',
  ']',
  ';',
  '+',
  '"',
  "'",
  '\\',
  '@@',
  '/@',
  '://',
)
const password = fc
  .array(fc.tuple(secretPart, special), { minLength: 1, maxLength: 3 })
  .map((pairs) => ({ parts: pairs.map(([part]) => part), text: pairs.flat().join('') }))
const schemes = ['mysql', 'postgres', 'mongodb', 'redis', 'rediss', 'mongodb+srv', 'mariadb', 'nats', 'unix'] as const
const rest = fc.constantFrom('@h/1', '@h:1,h:2/x', '@127.0.0.1:3306/1?connectTimeout=1', '@/1', '@[::1]/1', '', '/1')

/** The hosts that a URL leads to, all it prints, and what it says of itself. */
function outputsOf(url: string): string {
  const texts: string[] = [redactUrl(url)]
  for (const read of [readUrlParts, readMysqlUrl, readPostgresUrl, readRedisUrl, readMongoUrl]) {
    try {
      const { shown, ...found } = read(url) as {
        shown: string
        hosts?: object
        servers?: object
        candidates?: { host?: string }[]
      }
      texts.push(shown, JSON.stringify([found.hosts, found.servers, found.candidates?.map(({ host }) => host)]))
    } catch (error) {
      if (!(error instanceof RushbenchError)) throw error
      texts.push(error.message)
    }
  }
  return texts.join('\n')
}

describe('a password', () => {
  it('that is encoded is read as it was, and shown nowhere', () => {
    fc.assert(
      fc.property(password, ({ parts, text }) => {
        for (const [scheme, read] of [
          ['mysql', (url: string) => readMysqlUrl(url).candidates[0]?.password],
          ['postgres', (url: string) => readPostgresUrl(url).client.password],
          ['redis', (url: string) => readRedisUrl(url).options.password],
        ] as const) {
          const url = `${scheme}://user:${encodeURIComponent(text)}@h/1`
          expect(read(url)).toBe(text)
          for (const part of parts) expect(outputsOf(url)).not.toContain(part)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('that is not encoded is neither shown nor taken for a host', () => {
    fc.assert(
      fc.property(fc.constantFrom(...schemes), password, rest, (scheme, { parts, text }, end) => {
        // Without a host behind it, what follows the @ looks like one.
        fc.pre(end.includes('@') || !text.includes('@'))
        const outputs = outputsOf(`${scheme}://user:${text}${end}`)
        for (const part of parts) expect(outputs).not.toContain(part)
      }),
      { numRuns: 700 },
    )
  })

  it('of a key is not shown either, encoded or not', () => {
    const parameter = fc.constantFrom(
      'sslpassword',
      'ssl-key-password',
      'key_password',
      'password',
      'tlsCertificateKeyFilePassword',
    )
    fc.assert(
      fc.property(
        fc.constantFrom(...schemes),
        parameter,
        password,
        fc.boolean(),
        (scheme, name, { parts, text }, isEncoded) => {
          const outputs = outputsOf(
            `${scheme}://h/1?${name}=${isEncoded ? encodeURIComponent(text) : text}&connectTimeout=1`,
          )
          for (const part of parts) expect(outputs).not.toContain(part)
        },
      ),
      { numRuns: 700 },
    )
  })
})

it('reads any text, or says what is wrong with it', () => {
  fc.assert(
    fc.property(fc.constantFrom('', ...schemes.map((scheme) => `${scheme}://`)), fc.string(), (start, text) => {
      expect(typeof outputsOf(start + text)).toBe('string')
    }),
    { numRuns: 1000 },
  )
})
