import { SimpleError } from 'redis'
import { expect, it } from 'vitest'
import { translateRedisError } from '../../../../../src/lib/adapters/databases/redis/errors.ts'

const url = 'redis://127.0.0.1:6379/3'

it.each([
  ['LOADING Redis is loading the dataset in memory', 'database-unreachable'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'database-denied'],
  ["ERR The user executing the script can't run this command or subcommand script: 0", 'right-missing'],
  ['ERR DB index is out of range', 'database-missing'],
  ["OOM command not allowed when used memory > 'maxmemory'.", 'memory-full'],
  ["READONLY You can't write against a read only replica.", 'database-read-only'],
  ['NOTABLE there is no table seats', 'tables-missing'],
])('says of %s what can be done', (message, code) => {
  expect(translateRedisError(new SimpleError(message), url)).toMatchObject({ code })
})

it('leaves as it is what it knows nothing about', () => {
  for (const error of [new SimpleError('DUPLICATE duplicate key of seats'), new TypeError('a row has no id')]) {
    expect(translateRedisError(error, url)).toBe(error)
  }
})
