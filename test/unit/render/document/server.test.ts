import { describe, expect, it } from 'vitest'
import { readFacts, bytesOf, withUnit } from '../../../../src/lib/adapters/databases/server-facts.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { recordServer } from '../../../../src/lib/app/describe-run.ts'
import { serverLines, serverSections } from '../../../../src/lib/render/document/server.ts'
import type { ServerFacts } from '../../../../src/lib/ports/database-facts.ts'
import { screenText } from '../../../support/reports/rendered.ts'

const linesOf = (...facts: Parameters<typeof serverLines>) => {
  const lines = serverLines(...facts)
  return lines.length === 0 ? [] : screenText({ screen: [lines] }).split('\n')
}

const facts: ServerFacts = {
  settings: { shared_buffers: '128MB', max_wal_size: '1GB', checkpoint_timeout: '5min', work_mem: '4MB' },
  tables: [
    { name: 'slots', rows: 1, bytes: 8192, indexBytes: 16_384, indexes: [{ name: 'slots_pkey', bytes: 16_384 }] },
    {
      name: 'reservations',
      rows: 200_000,
      bytes: 29_300_000,
      indexBytes: 14_000_000,
      indexes: [
        { name: 'by_slot', bytes: 4_000_000 },
        { name: 'reservations_pkey', bytes: 10_000_000 },
      ],
    },
  ],
  replication: 'no standby connected',
  others: [
    { who: 'admin (psql)', connections: 2 },
    { who: 'app', connections: 3 },
  ],
}

describe('serverLines', () => {
  it('says what is asked for first, who else was there, and the tables', () => {
    expect(linesOf(recordServer(facts).server, 'sqlite')).toEqual([
      'server     shared_buffers=128MB, max_wal_size=1GB, checkpoint_timeout=5min; no standby connected; 5 others connected: app 3, admin (psql) 2',
      'table      reservations: about 200,000 rows, 29.3 MB, 14.0 MB of indexes (2)',
      'table      slots: about 1 row, 8.19 kB, 16.4 kB of indexes (1)',
    ])
  })

  it('names the largest of many tables, and says of when it is', () => {
    const tables = ['a', 'b', 'c', 'd', 'e'].map((name, place) => ({
      name,
      rows: place,
      bytes: 1000 * (place + 1),
      indexBytes: null,
      indexes: [],
    }))
    expect(
      linesOf({ settings: { a: '1' }, tables, replication: null, others: null }, 'sqlite', 'after the load'),
    ).toEqual([
      'server     a=1, after the load',
      'table      e: about 4 rows, 5.00 kB, after the load',
      'table      d: about 3 rows, 4.00 kB, after the load',
      'table      c: about 2 rows, 3.00 kB, after the load',
      '           and 2 smaller tables',
    ])
  })

  it.each([
    ['mariadb', ["           (rows and sizes by the server's statistics, which may lag behind)"]],
    ['postgres', ["           (rows by the server's statistics, which may lag behind)"]],
    ['redis', []],
  ])('says of %s what only its statistics know', (engine, lines) => {
    expect(linesOf(recordServer(facts).server, engine).slice(3)).toEqual(lines)
  })

  it('says nothing of what is not told', () => {
    expect(linesOf(undefined, 'sqlite')).toEqual([])
    expect(recordServer(null)).toEqual({})
    expect(linesOf({ settings: {}, tables: [], replication: null, others: null }, 'sqlite')).toEqual([])
    const untold = { name: 'a', rows: null, bytes: null, indexBytes: null, indexes: [] }
    expect(linesOf({ settings: {}, tables: [untold], replication: null, others: {} }, 'mysql')).toEqual([
      'server     nobody else connected',
      'table      a: its size is not told',
    ])
  })

  it('lets no name of a program steer a terminal, and names three of many', () => {
    const others = { 'a (\u001b[31m)': 4, b: 3, c: 2, d: 1 }
    expect(serverSections({ settings: {}, tables: [], replication: null, others })[0]?.table?.rows[0]?.[1]).toMatch(
      /^10 others connected: .*, b 3, c 2, \.\.\.$/,
    )
    expect(linesOf({ settings: {}, tables: [], replication: null, others }, 'sqlite')[0]).not.toContain('\u001b')
  })
})

describe('tables that were altered', () => {
  const { tables, ...rest } = facts
  const altered: ServerFacts = {
    ...rest,
    tables: tables.map((table) =>
      table.name === 'reservations'
        ? {
            ...table,
            differences: ['reservations lacks index (schedule_id)'],
            extras: ['index by_ticket (ticket_id)', '2 partitions: p0, p1'],
          }
        : table,
    ),
  }

  it('are named in the summary and in the section on tables, and kept in the report', () => {
    const { server } = recordServer(altered)
    expect(server?.tables[1]).toMatchObject({
      differences: ['reservations lacks index (schedule_id)'],
      extras: ['index by_ticket (ticket_id)', '2 partitions: p0, p1'],
    })
    expect(linesOf(server, 'sqlite').slice(3)).toEqual([
      'altered    reservations lacks index (schedule_id)',
      'altered    reservations also has index by_ticket (ticket_id); 2 partitions: p0, p1',
    ])
    expect(serverSections(server)[1]?.text).toContain('reservations lacks index (schedule_id).')
  })

  it('are not spoken of where there are none', () => {
    expect(recordServer(facts).server?.tables[1]).not.toHaveProperty('extras')
    expect(serverSections(recordServer(facts).server)[1]?.text).toHaveLength(1)
  })
})

describe('serverSections', () => {
  it('has every setting, and a row for each table and index', () => {
    const [server, sizes] = serverSections(recordServer(facts).server)
    expect(server?.table?.rows).toContainEqual(['work_mem', '4MB'])
    expect(server?.table?.rows).toContainEqual(['connections of app', '3'])
    expect(sizes?.table?.rows).toContainEqual(['reservations', 'by_slot', '', '4.00 MB'])
    expect(sizes?.table?.rows).toContainEqual(['reservations', 'all indexes', '', '14.0 MB'])
    expect(serverSections(undefined)).toEqual([])
  })
})

it.each([
  ['134217728', '128 MiB'],
  ['100663296', '96 MiB'],
  ['1073741824', '1 GiB'],
  ['16384', '16 KiB'],
  ['1000', '1000'],
  ['0', '0'],
])('%s bytes are %s', (bytes, shown) => expect(withUnit(bytes)).toBe(shown))

it.each([
  [null, null],
  [undefined, null],
  [-1, null],
  ['12', 12],
  ['x', null],
])('%s is a size of %s', (value, bytes) => expect(bytesOf(value)).toBe(bytes))

it('loses no report to a server that cannot be asked', async () => {
  const database = { facts: async () => Promise.reject(new Error('denied')) } as unknown as Database
  expect(await readFacts(database, [])).toBeNull()
})
