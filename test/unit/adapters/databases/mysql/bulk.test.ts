import { expect, it } from 'vitest'
import { mysqlStrategies } from '../../../../../src/lib/adapters/databases/mysql/bulk.ts'
import { findFlavour } from '../../../../../src/lib/adapters/databases/mysql/flavour.ts'
import { mysqlDialect } from '../../../../../src/lib/adapters/databases/sql/dialect.ts'
import { createStatements } from '../../../../../src/lib/adapters/databases/sql/statements.ts'
import type { MysqlConnections } from '../../../../../src/lib/adapters/databases/mysql/connection.ts'

const facts = { foreignKeys: null, shards: 0, galeraNodes: 0 }
const mariadb = findFlavour({ version: '10.11.19-MariaDB', ...facts })

/** A server that answers every query with `row`. */
function serverWith(row: object): MysqlConnections {
  return { ask: async () => [row] } as unknown as MysqlConnections
}

it.each([
  [0, /local_infile=0/],
  ['OFF', /local_infile/],
])('LOAD DATA is not available with local_infile=%s, but INSERT is', async (allowed, reason) => {
  const [first, second] = mysqlStrategies(serverWith({ allowed }), createStatements(mysqlDialect), '', mariadb)
  expect(first?.name).toBe('load-data')
  expect(await first?.unavailable()).toMatch(reason)
  expect(await second?.unavailable()).toBeNull()
})

it('LOAD DATA is available with local_infile=1', async () => {
  const [first] = mysqlStrategies(serverWith({ allowed: 1 }), createStatements(mysqlDialect), '', mariadb)
  expect(await first?.unavailable()).toBeNull()
})

it('LOAD DATA is not available where Vitess would not pass the file on', async () => {
  const vitess = findFlavour({ version: '8.0.30-Vitess', ...facts })
  const [first, second] = mysqlStrategies(serverWith({ allowed: 1 }), createStatements(mysqlDialect), '', vitess)
  expect(await first?.unavailable()).toBe('Vitess takes no file from its client')
  expect(await second?.unavailable()).toBeNull()
})
