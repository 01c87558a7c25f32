import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { systems } from '../../../dev/chaos/systems.ts'
import { findTruth } from '../../../dev/chaos/truth.ts'

it('finds what is lost, doubled and oversold', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-truth-'))
  const ledger = join(folder, 'ledger.jsonl')
  const lines = [
    { schema: 'x' },
    { outcome: 'booked', key: 'kept', resource: 1, id: 'a' },
    { outcome: 'booked', key: 'lost', resource: 1, id: 'b' },
    { outcome: 'booked', key: 'moved', resource: 2, id: 'c' },
    { outcome: 'booked', key: 'twice', resource: 1, id: 'd' },
    { outcome: 'unknown', key: 'stored', resource: 1 },
    { outcome: 'failed', key: 'stored twice', resource: 1 },
  ]
  await writeFile(ledger, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"outcome":"boo`)
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
  const found = await findTruth(ledger, async (table) => tables[table] ?? [], systems['vaccination']!.place)
  expect(found).toEqual({ lost: 2, duplicate: 2, oversold: 2 })
  await rm(folder, { recursive: true })
})
