import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systems } from '../../../../dev/chaos/systems.ts'
import { findTruth } from '../../../../dev/chaos/truth.ts'

/** What the check says of a ledger and of tables. */
async function truthOf(workload: string, entries: readonly object[], tables: Record<string, string[][]>) {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-truth-'))
  const ledger = join(folder, 'ledger.jsonl')
  const lines = [{ schema: 'x' }, ...entries].map((line) => JSON.stringify(line))
  // The last line was cut off.
  await writeFile(ledger, `${lines.join('\n')}\n{"outcome":"boo`)
  const read = async (table: string) => tables[table] ?? []
  try {
    return await findTruth(ledger, read, systems[workload]!.place, read)
  } finally {
    await rm(folder, { recursive: true })
  }
}

it('finds what is lost, doubled and oversold', async () => {
  const entries = [
    { outcome: 'booked', key: 'kept', resource: 1, id: 'a' },
    { outcome: 'booked', key: 'lost', resource: 1, id: 'b' },
    { outcome: 'booked', key: 'moved', resource: 2, id: 'c' },
    { outcome: 'booked', key: 'twice', resource: 1, id: 'd' },
    { outcome: 'unknown', key: 'stored', resource: 1 },
    { outcome: 'failed', key: 'stored twice', resource: 1 },
  ]
  const tables: Record<string, string[][]> = {
    reservations: [
      ['a', 'kept', '1'],
      ['c', 'moved', '1'],
      ['d', 'twice', '1'],
      ['e', 'twice', '1'],
      ['f', 'stored', '1'],
      ['g', 'stored twice', '1'],
      ['h', 'stored twice', '1'],
    ],
    schedules: [
      ['1', '6', '0'],
      ['2', '5', '5'],
      ['3', '5', '4'],
    ],
  }
  expect(await truthOf('vaccination', entries, tables)).toEqual({ lost: 2, duplicate: 2, oversold: 2 })
})

it('knows dead letters by their bytes', async () => {
  const letter = (text: string) => [hash('sha256', text, 'hex'), Buffer.from(text).toString('base64')]
  const [kept, lost, changed] = ['kept', 'lost', 'changed'].map((text) => letter(text)[0]!) as [string, string, string]
  const entries = [
    { outcome: 'booked', key: 'a', resource: 'order' },
    { outcome: 'booked', key: 'b', resource: 'order' },
    ...[kept, lost, changed].map((key) => ({ outcome: 'booked', key, resource: 'rejected' })),
  ]
  const tables = { orders: [['a']], order_dead_letters: [letter('kept'), [changed, letter('other')[1]!]] }
  expect(await truthOf('orders', entries, tables)).toEqual({ lost: 3, duplicate: 0, oversold: 0 })
})

it('misses the message of a booking that was neither published nor waits', async () => {
  const entries = ['sent', 'waiting', 'silent'].map((key) => ({ outcome: 'booked', key, resource: 'PWTC/20210516' }))
  const tables = {
    station_bookings: entries.map(({ key, resource }) => [key, key, resource]),
    station_outbox: [['waiting']],
    rushbench_messages: [['sent']],
  }
  expect(await truthOf('stations', entries, tables)).toEqual({ lost: 1, duplicate: 0, oversold: 0 })
})
