import { describe, expect, it } from 'vitest'
import { pickCounters } from '../../../src/lib/databases/mysql/counters.ts'
import { pagesSince } from '../../../src/lib/databases/sqlite/counters.ts'

describe('pickCounters', () => {
  it('takes what the server has, under our names', () => {
    const mariadb = new Map([
      ['innodb_buffer_pool_reads', 170],
      ['innodb_checkpoint_age', 4_194_842],
      ['innodb_lsn_current', 196_080_818],
      ['innodb_os_log_written', 196_036_414],
    ])
    expect(pickCounters(mariadb)).toEqual([
      { name: 'page reads', kind: 'total', unit: 'pages', value: 170 },
      { name: 'log written', kind: 'total', unit: 'bytes', value: 196_036_414 },
      { name: 'checkpoint age', kind: 'level', unit: 'bytes', value: 4_194_842 },
    ])
    mariadb.delete('innodb_os_log_written')
    expect(pickCounters(mariadb)).toContainEqual(expect.objectContaining({ name: 'log written', value: 196_080_818 }))
    expect(pickCounters(new Map())).toEqual([])
  })
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
