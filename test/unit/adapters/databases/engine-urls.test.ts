import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readMongoUrl } from '../../../../src/lib/adapters/databases/mongodb/url.ts'
import { readMysqlUrl } from '../../../../src/lib/adapters/databases/mysql/url.ts'
import { readPostgresUrl } from '../../../../src/lib/adapters/databases/postgres/url.ts'
import { readRedisUrl } from '../../../../src/lib/adapters/databases/redis/url.ts'
import { redirectUrl } from '../../../../src/lib/adapters/databases/pausable-proxy.ts'

const placesOf = (url: string) =>
  readPostgresUrl(url).servers.map(({ candidates }) =>
    candidates.map(({ host, port, ssl }) => `${host}:${port}${ssl ? ' TLS' : ''}`),
  )

describe('readPostgresUrl', () => {
  it.each([
    ['postgres://h/x', [['h:5432 TLS', 'h:5432']]],
    ['postgres:///x?sslmode=disable', [['localhost:5432']]],
    ['postgres://h:1/x?sslmode=allow', [['h:1', 'h:1 TLS']]],
    ['postgres://h:1/x?sslmode=require', [['h:1 TLS']]],
    ['postgres://a,b:2,[::1]/x?sslmode=disable', [['a:5432'], ['b:2'], ['::1:5432']]],
    ['postgres:///x?sslmode=disable&host=a,b&port=1,2', [['a:1'], ['b:2']]],
    ['postgres:///x?host=a,/run/pg&port=7&sslmode=require', [['a:7 TLS'], ['/run/pg:7']]],
    ['postgres://h:3/x?host=/run/pg', [['/run/pg:3']]],
    ['postgres://h/x?hostaddr=::1&sslmode=require', [['::1:5432 TLS']]],
  ])('%s', (url, places) => expect(placesOf(url)).toEqual(places))

  it.each([
    ['postgres://h/x?host=a,b&port=1,2,3', 'url-parameter-wrong'],
    ['postgres://h/x?port=99999', 'url-parameter-wrong'],
    ['postgres://h/x?hostaddr=name', 'url-parameter-wrong'],
    ['postgres://h/x?host=a%20b', 'url-parameter-wrong'],
    ['postgres://h/x?connect_timeout=soon', 'url-parameter-wrong'],
    ['postgres://h/x?sslmode=require&sslmode=disable', 'url-parameter-wrong'],
    ['postgres://h/x?sslmode=require&sslrootcert=system', 'url-parameter-wrong'],
    ['postgres://h/x?sslmode=disable&sslrootcert=ca.pem', 'url-parameter-wrong'],
    ['postgres://h/x?sslmode=disable&sslrootcert=system', 'url-parameter-wrong'],
    ['postgres://h/x?sslmode=disable&sslpassword=s', 'url-parameter-wrong'],
    ['postgres://h/x?application_name=a%00b', 'url-parameter-wrong'],
    ['postgres://u:p%00@h/x', 'url-unreadable'],
    ['postgres://%2Frun%00/x', 'url-unreadable'],
    ['postgres://h/x%00y', 'url-unreadable'],
    ['postgres://h', 'url-unreadable'],
  ])('%s is refused', (url, code) => {
    expect(() => readPostgresUrl(url)).toThrow(expect.objectContaining({ code }))
  })

  it('verifies for the host with the authorities of the system', () => {
    expect(readPostgresUrl('postgres://h/x?sslrootcert=system')).toMatchObject({ verification: 'authority and host' })
  })

  it('hands the server options, and schemas in which a space begins no option', () => {
    const { client } = readPostgresUrl(
      'postgres://h/x?options=-c%20a=b&search_path=my%20own,public&application_name=me',
    )
    expect(client).toMatchObject({
      options: String.raw`-c a=b -c search_path=my\ own,public`,
      application_name: 'me',
      connectionTimeoutMillis: 5000,
    })
  })
})

it('shows no parameter that may be a part of a secret, in a sentence that can be read', () => {
  expect(() => readPostgresUrl('postgres://h/x?sslpassword=a&nope=1')).toThrow(
    /^postgres:\/\/h\/x\?sslpassword=\*\*\*&\*\*\* has a parameter, not shown because it may be a part of a secret, that is not known for PostgreSQL\. Known: /,
  )
})

describe('readMysqlUrl', () => {
  const waysOf = (url: string) =>
    readMysqlUrl(url).candidates.map(({ ssl, host, port, socketPath }) => [
      ssl !== undefined,
      socketPath ?? `${host}:${port}`,
    ])

  it.each([
    [
      'mysql://h/x',
      [
        [true, 'h:3306'],
        [false, 'h:3306'],
      ],
    ],
    ['mysql://h:1/x?ssl-mode=disabled', [[false, 'h:1']]],
    ['mysql://h/x?ssl-mode=REQUIRED', [[true, 'h:3306']]],
    ['mysql://h/x?socket=/run/s', [[false, '/run/s']]],
    ['mysql://%2Frun%2Fs/x', [[false, '/run/s']]],
    ['mysql://h/x?socketPath=/run/s&ssl-mode=REQUIRED', [[true, '/run/s']]],
  ])('%s', (url, ways) => expect(waysOf(url)).toEqual(ways))

  it.each([
    'mysql://a,b/x',
    'mysql://h/x?ssl-mode=VERIFY_CA',
    'mysql://h/x?ssl-mode=disabled&ssl-ca=system',
    'mysql://h/x?ssl-mode=DISABLED&sslKey=key.pem',
    'mysql://h/x?socketPath=/run/a%00b',
    'mysql://h/x?socketPath=/run/s&ssl-mode=VERIFY_IDENTITY&ssl-ca=system',
  ])('%s is refused', (url) => expect(() => readMysqlUrl(url)).toThrow())
})

describe('readRedisUrl', () => {
  it.each([
    ['redis://h', { host: 'h', port: 6379 }, { database: 0 }],
    ['redis://:pw@h:1/3', { host: 'h', port: 1 }, { database: 3, password: 'pw' }],
    ['redis://h?db=4&user=u&password=p%40', { host: 'h' }, { database: 4, username: 'u', password: 'p@' }],
    ['unix:/run/r.sock?db=2', { path: '/run/r.sock' }, { database: 2 }],
    ['unix:~/r.sock?db=2', { path: join(homedir(), 'r.sock') }, { database: 2 }],
    ['unix://~/r.sock', { path: join(homedir(), 'r.sock') }, {}],
    ['redis://h/6?db=6', { host: 'h' }, { database: 6 }],
    ['unix://u:p@/run/r.sock', { path: '/run/r.sock' }, { username: 'u', password: 'p' }],
    ['rediss://h', { tls: true, servername: 'h', rejectUnauthorized: true }, {}],
    ['rediss://h?insecure=true', { tls: true, rejectUnauthorized: false }, {}],
  ])('%s', (url, socket, options) => expect(readRedisUrl(url)).toMatchObject({ socket, options }))

  it.each([
    'redis://a,b',
    'redis://h/name',
    'unix:',
    'unix:~other/r.sock',
    'unix://host/run/r.sock',
    'redis://h?insecure=true',
    'redis://h?client_name=a%20b',
    'redis://h?client_name=%C3%BC',
    'redis://h?client_name=a%00b',
  ])('%s is refused', (url) => expect(() => readRedisUrl(url)).toThrow())

  it('says that a database is named twice', () => {
    expect(() => readRedisUrl('redis://h/0?db=6')).toThrow(
      'The parameter db of redis://h/0?db=6 cannot be "6". Allowed: to be given once: the path already names the database 0.',
    )
  })
})

describe('readMongoUrl', () => {
  it('knows encryption, and what it is checked against', () => {
    expect(readMongoUrl('mongodb://h/x')).toMatchObject({ isEncrypted: false, database: 'x' })
    expect(readMongoUrl('mongodb+srv://h.example.com/x')).toMatchObject({ isEncrypted: true })
    expect(readMongoUrl('mongodb+srv://h.example.com/x?tls=false')).toMatchObject({ isEncrypted: false })
    expect(readMongoUrl('mongodb://a:1,b/x?ssl=true&tlsInsecure=true')).toMatchObject({
      isEncrypted: true,
      verification: 'none',
      hosts: [
        { host: 'a', port: 1 },
        { host: 'b', port: null },
      ],
    })
  })

  it.each(['snappy', 'zstd', 'zlib,snappy'])('compressors=%s is refused with those that are known', (given) =>
    expect(() => readMongoUrl(`mongodb://h/x?compressors=${given}`)).toThrow('Allowed: none, zlib.'),
  )

  it.each(['readPreference=secondary', 'readPreference=nearest', 'readPreferenceTags=a:b'])('%s is refused', (given) =>
    expect(() => readMongoUrl(`mongodb://h/x?${given}`)).toThrow('readPreference'),
  )
})

it('leads elsewhere with nothing else of a URL changed', () => {
  expect(redirectUrl('mysql://u:p%40@h:1/x?socketPath=/s&a=%2F', 2, { socketPath: null, b: 'c d' }, '::1')).toBe(
    'mysql://u:p%40@[::1]:2/x?a=%2F&b=c%20d',
  )
})
