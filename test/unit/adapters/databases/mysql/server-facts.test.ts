import { describe, expect, it } from 'vitest'
import { pickCounters } from '../../../../../src/lib/adapters/databases/mysql/server-facts.ts'
import { writeSources } from '../../../../../src/lib/adapters/databases/postgres/server-facts.ts'
import { pagesSince } from '../../../../../src/lib/adapters/databases/sqlite/server-facts.ts'

const noLog = { on: false, syncEvery: 0 }

describe('pickCounters', () => {
  it('takes what the server has, under our names', () => {
    const mariadb = new Map([
      ['innodb_buffer_pool_reads', 170],
      ['innodb_checkpoint_age', 4_194_842],
      ['innodb_lsn_current', 196_080_818],
      ['innodb_os_log_written', 196_036_414],
    ])
    expect(pickCounters(mariadb, noLog)).toEqual([
      { name: 'page reads', kind: 'total', unit: 'pages', value: 170 },
      { name: 'log written', kind: 'total', unit: 'bytes', value: 196_036_414 },
      { name: 'checkpoint age', kind: 'level', unit: 'bytes', value: 4_194_842 },
    ])
    mariadb.delete('innodb_os_log_written')
    expect(pickCounters(mariadb, noLog)).toContainEqual(
      expect.objectContaining({ name: 'log written', value: 196_080_818 }),
    )
    expect(pickCounters(new Map(), noLog)).toEqual([])
  })
})

describe('rows and locks', () => {
  it.each([
    ['MySQL', 'innodb_rows_read'],
    ['MariaDB', 'rows_read'],
  ])('have the same names on %s', (_, rows) => {
    const status = new Map([
      [rows, 900],
      ['innodb_row_lock_waits', 3],
      ['innodb_row_lock_time', 40],
      ['innodb_row_lock_current_waits', 1],
      ['innodb_deadlocks', 2],
    ])
    expect(pickCounters(status, noLog)).toEqual([
      { name: 'rows read', kind: 'total', unit: 'rows', value: 900 },
      { name: 'lock waits', kind: 'total', unit: 'waits', rare: true, value: 3 },
      { name: 'lock wait time', kind: 'total', unit: 'milliseconds', rare: true, value: 40 },
      { name: 'waiting for locks', kind: 'level', unit: 'transactions', rare: true, value: 1 },
      { name: 'deadlocks', kind: 'total', unit: 'deadlocks', rare: true, value: 2 },
    ])
  })
})

describe('the binary log', () => {
  const status = new Map([
    ['binlog_bytes_written', 5000],
    ['binlog_group_commits', 40],
  ])
  const bytes = { name: 'binlog written', kind: 'total', unit: 'bytes', value: 5000 }
  const syncs = { name: 'binlog fsyncs', kind: 'total', unit: 'fsyncs' }

  it.each([
    ['is not counted where it is off', noLog, []],
    ['is synced with every group of commits', { on: true, syncEvery: 1 }, [bytes, { ...syncs, value: 40 }]],
    ['is synced with every tenth', { on: true, syncEvery: 10 }, [bytes, { ...syncs, value: 4 }]],
    ['is synced when the system likes', { on: true, syncEvery: 0 }, [bytes, { ...syncs, value: 0 }]],
  ])('%s', (_what, log, counters) => expect(pickCounters(status, log)).toEqual(counters))
})

describe('writeSources', () => {
  const sqlOf = (version: number, name: string) => writeSources(version).find((source) => source.name === name)?.sql

  it.each([
    [130_000, 'pages written', /buffers_backend from pg_stat_bgwriter/],
    [150_018, 'pages written', /buffers_backend from pg_stat_bgwriter/],
    [160_000, 'pages written', /\* op_bytes.* from pg_stat_io where object = 'relation'/],
    [170_006, 'pages written', /\* op_bytes.* from pg_stat_io where object = 'relation'/],
    [180_000, 'pages written', /write_bytes.* from pg_stat_io where object = 'relation'/],
    [160_000, 'checkpoints', /pg_stat_bgwriter/],
    [170_000, 'checkpoints', /pg_stat_checkpointer/],
    [140_000, 'log fsyncs', /pg_stat_wal/],
    [180_000, 'log fsyncs', /pg_stat_io where object = 'wal'/],
  ])('asks version %i for %s where it counts them', (version, name, sql) => expect(sqlOf(version, name)).toMatch(sql))

  it('counts the syncs of tables from version 16 on', () => {
    expect(sqlOf(150_018, 'data fsyncs')).toBeUndefined()
    expect(sqlOf(160_000, 'data fsyncs')).toMatch(/fsyncs.* from pg_stat_io where object = 'relation'/)
  })

  it('knows of no syncs of the log before version 14', () => expect(sqlOf(130_000, 'log fsyncs')).toBeUndefined())
})

describe('pagesSince', () => {
  it.each([
    ['the first look', null, { pages: 900, sequence: 4 }, 0],
    ['the log went on', { pages: 900, sequence: 4 }, { pages: 950, sequence: 4 }, 50],
    ['it began anew: 100 to its end, 30 after', { pages: 900, sequence: 4 }, { pages: 30, sequence: 5 }, 130],
    ['twice: 100, a whole round of 1,000, 30', { pages: 900, sequence: 4 }, { pages: 30, sequence: 6 }, 1130],
    ['it began anew later than asked', { pages: 1004, sequence: 4 }, { pages: 30, sequence: 5 }, 30],
    ['somebody emptied it', { pages: 900, sequence: 4 }, { pages: 0, sequence: 0 }, 0],
  ])('%s', (_what, last, now, pages) => expect(pagesSince(last, now, 1000)).toBe(pages))
})
