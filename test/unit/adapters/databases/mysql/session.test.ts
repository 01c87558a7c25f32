import type { PoolConnection } from 'mysql2/promise'
import { expect, it } from 'vitest'
import { prepareSession } from '../../../../../src/lib/adapters/databases/mysql/session.ts'

/** What stands in for a proxy: it answers for its server, and keeps what it is told to set or does not. */
function proxy(variables: Record<string, string>, keeps: boolean) {
  const asked: string[] = []
  const connection = {
    async query(sql: string) {
      asked.push(sql)
      for (const [, name = '', value = ''] of keeps ? sql.matchAll(/session (\w+) = '?([^',]*)/g) : [])
        if (name in variables) variables[name] = value
      return [Object.entries(variables).map(([name, value]) => ({ Variable_name: name, Value: value }))]
    },
  }
  return { asked, connection: connection as unknown as PoolConnection }
}

const fit = { version: '8.4.3', autocommit: 'ON', max_statement_time: '0.000000', sql_mode: '' }

it('sets what is otherwise and nothing else, and asks whether it stayed so', async () => {
  const { asked, connection } = proxy({ ...fit, sql_mode: 'NO_ENGINE_SUBSTITUTION,STRICT_ALL_TABLES' }, true)
  await prepareSession(connection, 'mysql://x')
  // The modes are the same in another order.
  expect(asked.slice(2)).toEqual([])
  const other = proxy({ ...fit, sql_mode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit: 'OFF' }, true)
  await prepareSession(other.connection, 'mysql://x')
  expect(other.asked[2]).toBe("set session autocommit = 'ON'")
  expect(other.asked).toHaveLength(4)
})

it('refuses a session that does not keep what it was given, and names it', async () => {
  const { connection } = proxy(
    { ...fit, sql_mode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', autocommit: 'OFF' },
    false,
  )
  await expect(prepareSession(connection, 'mysql://x')).rejects.toMatchObject({
    code: 'session-unfit',
    message: expect.stringContaining('autocommit is OFF, and not ON'),
  })
})

it('refuses one that tells nothing of itself', async () => {
  const { connection } = proxy({ version: '8.4.3' }, true)
  await expect(prepareSession(connection, 'mysql://x')).rejects.toMatchObject({
    code: 'session-unfit',
    message: expect.stringContaining('autocommit is not told'),
  })
})

it('sets what Vitess takes, whose gateway shows the variables of a shard', async () => {
  const { asked, connection } = proxy({ version: '8.0.30-Vitess', autocommit: 'OFF' }, false)
  await prepareSession(connection, 'mysql://x')
  expect(asked.at(-1)).toMatch(/^set session autocommit = 1, sql_mode = /)
})
