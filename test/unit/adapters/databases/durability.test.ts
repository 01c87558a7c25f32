import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describeDurability,
  judgeDurability,
  recordDurability,
} from '../../../../src/lib/adapters/databases/durability.ts'
import {
  judgeMongo,
  type MongoCommitFacts as MongoFacts,
} from '../../../../src/lib/adapters/databases/mongodb/durability.ts'
import {
  judgeMysql,
  type MysqlCommitFacts as MysqlFacts,
} from '../../../../src/lib/adapters/databases/mysql/durability.ts'
import { judgePostgres } from '../../../../src/lib/adapters/databases/postgres/durability.ts'
import { judgeRedis, type RedisSettings } from '../../../../src/lib/adapters/databases/redis/durability.ts'
import {
  judgeSqlite,
  type SqliteCommitFacts as SqliteFacts,
} from '../../../../src/lib/adapters/databases/sqlite/durability.ts'

describe('judgeDurability', () => {
  it('holds where nothing is at risk, and names every risk once', () => {
    expect(judgeDurability({ fsync: 'on' }, [null, null])).toEqual({
      holds: true,
      atRisk: 'nothing',
      settings: { fsync: 'on' },
    })
    const risky = judgeDurability({ fsync: 'off' }, ['everything', null, 'a page', 'a page'])
    expect(risky).toMatchObject({ holds: false, atRisk: 'everything; a page' })
    expect(recordDurability(risky)).toEqual({ fsync: 'off', at_risk: 'everything; a page' })
    expect(describeDurability(risky)).toBe('fsync=off, at_risk=everything; a page')
  })

  it('holds exactly where what is at risk is nothing', () => {
    const any = fc.record({
      innodb_flush_log_at_trx_commit: fc.constantFrom('0', '1', '2', '3'),
      log_bin: fc.constantFrom('ON', 'OFF'),
      sync_binlog: fc.constantFrom('0', '1', '100'),
      innodb_doublewrite: fc.constantFrom('ON', 'OFF', 'DETECT_ONLY', 'DETECT_AND_RECOVER'),
      innodb_flush_method: fc.constantFrom('fsync', 'O_DIRECT', 'O_DIRECT_NO_FSYNC', 'nosync'),
    })
    fc.assert(
      fc.property(any, (variables) => {
        const { holds, atRisk } = judgeMysql({ variables, galeraNodes: 0, otherEngines: [] })
        const safe =
          ['1', '3'].includes(variables.innodb_flush_log_at_trx_commit) &&
          (variables.log_bin === 'OFF' || variables.sync_binlog === '1') &&
          ['ON', 'DETECT_AND_RECOVER'].includes(variables.innodb_doublewrite) &&
          ['fsync', 'O_DIRECT'].includes(variables.innodb_flush_method)
        expect([holds, atRisk === 'nothing']).toEqual([safe, safe])
      }),
    )
  })
})

describe('MySQL and MariaDB', () => {
  const safe = {
    innodb_flush_log_at_trx_commit: '1',
    innodb_flush_log_at_timeout: '1',
    log_bin: 'OFF',
    sync_binlog: '0',
    innodb_doublewrite: 'ON',
    innodb_flush_method: 'O_DIRECT',
  }
  const risk = (variables: Record<string, string>, facts: Partial<MysqlFacts> = {}) =>
    judgeMysql({ variables: { ...safe, ...variables }, galeraNodes: 0, otherEngines: [], ...facts }).atRisk

  it.each([
    [{}, 'nothing'],
    [{ innodb_flush_log_at_trx_commit: '3' }, 'nothing'],
    [{ innodb_flush_log_at_trx_commit: '0' }, 'the last second'],
    [{ innodb_flush_log_at_trx_commit: '0', innodb_flush_log_at_timeout: '5' }, 'the last 5 seconds'],
    [{ innodb_flush_log_at_trx_commit: '2' }, 'the last second, unless only the server process fails'],
    [{ log_bin: 'ON', sync_binlog: '1' }, 'nothing'],
    [{ log_bin: 'ON' }, 'what the system held back of the binary log'],
    [{ log_bin: 'ON', sync_binlog: '100' }, 'what the last 100 groups of commits put into the binary log'],
    [
      { innodb_flush_log_at_trx_commit: '2', log_bin: 'ON' },
      'the last second, unless only the server process fails; what the system held back of the binary log',
    ],
    [{ innodb_doublewrite: 'OFF' }, expect.stringContaining('half written')],
    [{ innodb_doublewrite: 'DETECT_ONLY' }, expect.stringContaining('half written')],
    [{ innodb_flush_method: 'O_DIRECT_NO_FSYNC' }, expect.stringContaining('cache')],
    [{ innodb_flush_method: 'nosync' }, expect.stringContaining('everything')],
    [{ innodb_redo_log_enabled: 'OFF' }, expect.stringContaining('everything')],
    [{ innodb_redo_log_enabled: 'ON' }, 'nothing'],
    [{ debug_no_sync: 'ON' }, expect.stringContaining('everything')],
  ])('%j puts %s at risk', (variables, expected) => expect(risk(variables)).toEqual(expected))

  it('knows a Galera cluster, and tables that InnoDB does not keep', () => {
    expect(risk({ innodb_flush_log_at_trx_commit: '0' }, { galeraNodes: 3 })).toBe(
      'the last second, should all 3 nodes of the cluster fail at once',
    )
    expect(risk({}, { galeraNodes: 3 })).toBe('nothing')
    expect(risk({}, { otherEngines: ['seats (MEMORY)'] })).toBe(
      'the rows of tables that InnoDB does not keep: seats (MEMORY)',
    )
  })

  it('calls nothing durable of which it was told nothing', () => {
    expect(judgeMysql({ variables: {}, galeraNodes: 0, otherEngines: [] })).toMatchObject({
      holds: false,
      atRisk: 'unknown',
    })
  })
})

describe('PostgreSQL', () => {
  const safe = {
    fsync: 'on',
    synchronous_commit: 'on',
    synchronous_standby_names: '',
    full_page_writes: 'on',
    wal_sync_method: 'fdatasync',
    wal_level: 'replica',
  }
  const linux = 'PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc'
  const risk = (settings: Record<string, string>, version = linux, unlogged: string[] = []) =>
    judgePostgres({ settings: { ...safe, ...settings }, version, unlogged }).atRisk

  it.each([
    [{}, 'nothing'],
    [{ synchronous_commit: 'remote_apply' }, 'nothing'],
    [{ synchronous_commit: 'remote_write', synchronous_standby_names: 'b' }, 'nothing'],
    [{ synchronous_commit: 'local' }, 'nothing'],
    [{ synchronous_commit: 'local', synchronous_standby_names: 'b' }, expect.stringContaining('standbys')],
    [{ synchronous_commit: 'off' }, 'the last commits, up to three times wal_writer_delay'],
    [{ fsync: 'off' }, 'everything, and the database itself'],
    [{ full_page_writes: 'off' }, expect.stringContaining('half written')],
    [
      { fsync: 'off', synchronous_commit: 'off' },
      'everything, and the database itself; the last commits, up to three times wal_writer_delay',
    ],
  ])('%j puts %s at risk', (settings, expected) => expect(risk(settings)).toEqual(expected))

  it('knows unlogged tables, and systems that leave the log in the cache of a disk', () => {
    expect(risk({}, linux, ['seats'])).toBe('all rows of unlogged tables: seats')
    const mac = 'PostgreSQL 17.2 on aarch64-apple-darwin23.6.0, compiled by Apple clang'
    expect(risk({ wal_sync_method: 'open_datasync' }, mac)).toContain('cache')
    expect(risk({ wal_sync_method: 'fsync_writethrough' }, mac)).toBe('nothing')
  })

  it('names standbys only where there are some', () => {
    const names = (standbys: string) =>
      Object.keys(
        judgePostgres({ settings: { ...safe, synchronous_standby_names: standbys }, version: linux, unlogged: [] })
          .settings,
      )
    expect(names('')).not.toContain('synchronous_standby_names')
    expect(names('b')).toContain('synchronous_standby_names')
  })
})

describe('SQLite', () => {
  const safe = {
    journalMode: 'wal',
    synchronous: 'full',
    fullfsync: false,
    platform: 'linux',
    inMemory: false,
  } as const
  const risk = (facts: Partial<SqliteFacts>) => judgeSqlite({ ...safe, ...facts }).atRisk

  it.each([
    [{}, 'nothing'],
    [{ synchronous: 'extra' }, 'nothing'],
    [{ synchronous: 'normal' }, 'all commits since the last checkpoint, unless only the process fails'],
    [{ synchronous: 'off' }, expect.stringContaining('the file itself')],
    [{ journalMode: 'delete', synchronous: 'extra' }, 'nothing'],
    [{ journalMode: 'delete' }, 'the commit that the loss of power followed at once'],
    [{ journalMode: 'truncate' }, 'nothing'],
    [{ journalMode: 'persist', synchronous: 'normal' }, expect.stringContaining('the last commits')],
    [{ journalMode: 'memory' }, expect.stringContaining('in the middle of a commit')],
    [{ journalMode: 'off' }, expect.stringContaining('in the middle of a commit')],
    [{ inMemory: true, journalMode: 'memory' }, 'everything'],
    [{ platform: 'darwin' }, expect.stringContaining('cache')],
    [{ platform: 'darwin', fullfsync: true }, 'nothing'],
  ] as const)('%j puts %s at risk', (facts, expected) => expect(risk(facts)).toEqual(expected))
})

describe('MongoDB', () => {
  const safe: MongoFacts = {
    w: 'majority',
    journal: true,
    servers: 'replica set',
    name: 'rs0',
    majorityJournals: true,
    persistent: true,
  }
  const risk = (facts: Partial<MongoFacts>) => judgeMongo({ ...safe, ...facts }).atRisk

  it.each([
    [{}, 'nothing'],
    [{ journal: null }, 'nothing'],
    [{ journal: null, majorityJournals: false }, 'up to the last 100 ms'],
    [{ journal: null, majorityJournals: null }, 'unknown'],
    [{ journal: false }, 'up to the last 100 ms'],
    [{ w: '1' }, 'what the primary had not passed on, should another take over'],
    [{ w: '1', servers: 'standalone' }, 'nothing'],
    [{ w: '1', journal: null, servers: 'standalone' }, 'up to the last 100 ms'],
    [{ w: '1', journal: null }, expect.stringMatching(/100 ms; what the primary/)],
    [{ persistent: false }, 'everything'],
    [{ persistent: null }, 'nothing'],
  ] as const)('%j puts %s at risk', (facts, expected) => expect(risk(facts)).toEqual(expected))

  it('names the servers', () => {
    expect(judgeMongo(safe).settings).toEqual({ w: 'majority', journal: 'true', servers: 'replica set rs0' })
  })
})

describe('Redis', () => {
  const safe: RedisSettings = {
    appendonly: 'yes',
    appendfsync: 'always',
    'no-appendfsync-on-rewrite': 'no',
    save: 'never',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
  }
  const risk = (settings: Partial<RedisSettings>) => judgeRedis({ ...safe, ...settings }).atRisk

  it.each([
    [{}, 'nothing'],
    [{ appendfsync: 'everysec' }, 'the last second'],
    [{ appendfsync: 'no' }, 'what the system held back'],
    [{ 'no-appendfsync-on-rewrite': 'yes' }, expect.stringContaining('rewritten')],
    [{ appendonly: 'no' }, 'everything'],
    [{ appendonly: 'no', save: '3600 1' }, 'all since the last snapshot'],
    [{ appendonly: 'unknown' }, 'unknown'],
    [{ 'maxmemory-policy': 'allkeys-lru' }, 'nothing'],
    [{ maxmemory: '1000000' }, 'nothing'],
    [{ maxmemory: '1000000', 'maxmemory-policy': 'volatile-lru' }, 'nothing'],
    [{ maxmemory: '1000000', 'maxmemory-policy': 'allkeys-lru' }, expect.stringContaining('evicted')],
  ])('%j puts %s at risk', (settings, expected) => expect(risk(settings)).toEqual(expected))
})
