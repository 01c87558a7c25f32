import { readBrokerUrl } from '../../../src/lib/adapters/brokers/url.ts'
import { readMongoUrl } from '../../../src/lib/adapters/databases/mongodb/url.ts'
import { readMysqlUrl } from '../../../src/lib/adapters/databases/mysql/url.ts'
import { readPostgresUrl } from '../../../src/lib/adapters/databases/postgres/url.ts'
import { readRedisUrl } from '../../../src/lib/adapters/databases/redis/url.ts'
import { redirectUrl } from '../../../src/lib/adapters/databases/pausable-proxy.ts'
import { databaseIn, userIn } from '../../../src/lib/adapters/databases/errors.ts'
import { readSqliteUrl } from '../../../src/lib/adapters/databases/sqlite/url.ts'
import { redactUrl } from '../../../src/lib/base/redact-url.ts'
import { readBaseUrl } from '../../../src/lib/load/clients/http/base-url.ts'
import { requireTarget } from '../../../src/lib/load/clients/target.ts'
import { textsLike } from '../like.ts'
import { pure, reader } from '../reader.ts'

const tokens = [
  '://',
  '@',
  ':',
  '/',
  '?',
  '#',
  '&',
  '=',
  '%',
  '%40',
  ',',
  '[::1]',
  '..',
  'sslmode=',
  'password=',
  'key',
]

/** Readers of one kind of URL: its secrets are hidden, and it is read or refused. */
function urls(name: string, what: string, samples: readonly string[], read: (url: string) => unknown) {
  return reader({
    name,
    what,
    inputs: textsLike(samples, tokens),
    open: pure((text) => {
      redactUrl(text)
      userIn(text)
      databaseIn(text)
      redirectUrl(text, 1, { a: 'b', c: null }, 'h')
      read(text)
    }),
  })
}

export const urlReaders = [
  urls(
    'mysql',
    'URLs of MySQL and MariaDB',
    ['mysql://u:p@h:1/d?ssl-mode=required', 'mariadb://u@[::1]/d'],
    readMysqlUrl,
  ),
  urls(
    'postgres',
    'URLs of PostgreSQL',
    ['postgres://u:p@a:1,b:2/d?sslmode=verify-full&host=/tmp', 'postgresql:///d'],
    readPostgresUrl,
  ),
  urls('mongodb', 'URLs of MongoDB', ['mongodb://u:p@a:1,b/d?replicaSet=r', 'mongodb+srv://u@h/d'], readMongoUrl),
  urls(
    'redis',
    'URLs of Redis, as a database, a cache or a queue',
    ['redis://u:p@h:1/0', 'rediss://h', 'unix:/tmp/s?db=1'],
    readRedisUrl,
  ),
  urls('sqlite', 'URLs of SQLite', ['sqlite:a/b.db', 'sqlite:///a?mode=ro', 'sqlite::memory:'], readSqliteUrl),
  urls('brokers', 'URLs of message brokers', ['kafka://u:p@h:1', 'nats://token@h'], (url) => readBrokerUrl(url, 1)),
  urls('targets', 'URLs of APIs to load', ['http://u:p@h:1/a/b/', 'https://h'], (url) =>
    readBaseUrl(requireTarget(url)),
  ),
]
