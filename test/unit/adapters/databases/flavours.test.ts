import { expect, it } from 'vitest'
import { findFlavour as findMysql } from '../../../../src/lib/adapters/databases/mysql/flavour.ts'
import { findFlavour as findPostgres } from '../../../../src/lib/adapters/databases/postgres/flavour.ts'

const alone = { foreignKeys: null, shards: 0, galeraNodes: 0 }
const postgres = { serverVersion: '15.18 (Debian 15.18-0+deb12u1)', citus: null }

it('knows MySQL and MariaDB, which lack nothing', () => {
  expect(findMysql({ version: '8.4.3', ...alone })).toMatchObject({ name: 'mysql', durability: null, unsupported: [] })
  expect(findMysql({ version: '10.11.19-MariaDB-0+deb12u1', ...alone })).toMatchObject({
    name: 'mariadb',
    version: '10.11.19-MariaDB-0+deb12u1',
    foreignKeys: true,
    tableLocks: true,
  })
})

it('takes no locks on tables in a Galera cluster, where they hold on one node only', () => {
  expect(findMysql({ version: '10.11.19-MariaDB', ...alone, galeraNodes: 3 })).toMatchObject({
    name: 'mariadb',
    foreignKeys: true,
    tableLocks: false,
  })
})

it.each([
  [null, false],
  [false, false],
  [true, true],
])('knows TiDB, whose foreign keys are %s', (foreignKeys, kept) => {
  const flavour = findMysql({ ...alone, version: '8.0.11-TiDB-v8.5.1', foreignKeys })
  expect(flavour).toMatchObject({ name: 'tidb', version: '8.5.1', foreignKeys: kept, tableLocks: false })
  expect(flavour.unsupported).toHaveLength(kept ? 0 : 1)
})

it('knows Vitess, and leaves references out where they would have to reach over shards', () => {
  const sharded = findMysql({ ...alone, version: '8.0.30-Vitess', shards: 2 })
  expect(sharded).toMatchObject({ name: 'vitess', version: '8.0.30', foreignKeys: false, nextIsolation: false })
  expect(sharded.unsupported).toEqual([expect.stringContaining('2 shards')])
  expect(findMysql({ ...alone, version: '8.0.30-Vitess', shards: 1 })).toMatchObject({
    foreignKeys: true,
    unsupported: [],
  })
})

it('knows PostgreSQL by the version that it has always told', () => {
  const version = 'PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc'
  expect(findPostgres({ ...postgres, version })).toMatchObject({
    name: 'postgres',
    version: postgres.serverVersion,
    notifications: true,
    unsupported: [],
  })
  expect(findPostgres({ ...postgres, version, citus: '12.1-1' })).toMatchObject({
    name: 'citus',
    version: '12.1-1 on PostgreSQL 15.18 (Debian 15.18-0+deb12u1)',
    notifications: true,
    unsupported: [expect.stringContaining('coordinator')],
  })
})

it.each([
  ['CockroachDB CCL v24.1.3 (x86_64-pc-linux-gnu, built 2024/07/26, go1.22.5)', 'cockroachdb', 'v24.1.3'],
  ['CockroachDB OSS v23.1.0 (x86_64-apple-darwin19, built 2023/05/12)', 'cockroachdb', 'v23.1.0'],
  ['PostgreSQL 11.2-YB-2.20.1.3-b0 on x86_64-pc-linux-gnu, compiled by clang', 'yugabytedb', '2.20.1.3-b0'],
  ['PostgreSQL 15.2-YB-2025.1.0.1-b3 on x86_64-pc-linux-gnu', 'yugabytedb', '2025.1.0.1-b3'],
])('knows %s', (version, name, shown) => {
  const flavour = findPostgres({ ...postgres, version })
  expect(flavour).toMatchObject({ name, version: shown.replace(/^v/, ''), notifications: false, tableLocks: false })
  expect(flavour.unsupported).not.toEqual([])
})
