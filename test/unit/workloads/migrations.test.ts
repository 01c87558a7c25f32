import { describe, expect, it } from 'vitest'
import { checksumOf, tablesAt } from '../../../src/lib/adapters/databases/migrations/history.ts'
import { loadWorkload, workloadNames } from '../../../src/lib/workloads/registry.ts'

/** Of steps that databases may have recorded: add a line for a new step, and never change one that was released. */
const released: Readonly<Record<string, readonly string[]>> = {
  vaccination: ['e0f1c321901f'],
  stations: ['c3b43095bc0d'],
  tickets: ['561e1a2f585b', 'ed76b22f2edb'],
  orders: ['e488f6670a41', 'c61f1bbe20d2'],
  oltp: [],
  ycsb: [],
  tpcb: ['9b38d44ddecd'],
  tpcc: ['ea68d76cc242'],
  isolation: ['e30876b67249'],
  meetups: ['a69c08fc5295', 'd3ca84526141', 'de5bae8f1821'],
}

describe.each(workloadNames)('the migrations of %s', (name) => {
  it('give the tables that the workload declares, columns in the same order', async () => {
    const { tables, tablesFor, migrations } = await loadWorkload(name)
    // Where the tables follow from settings there are none to be changed.
    if (tablesFor) return expect(migrations).toEqual([])
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1))
    const byName = new Map(tables.map((table) => [table.name, table]))
    const made = [...tablesAt(migrations, migrations.length).values()]
    expect(made.map((table) => table.name).toSorted()).toEqual([...byName.keys()].toSorted())
    // As text: the marks of tables are made of it, and Redis keeps rows in the order of columns.
    for (const table of made) expect(JSON.stringify(table)).toBe(JSON.stringify(byName.get(table.name)))
  })

  it('have the checksums that were recorded when they were released', async () => {
    const { migrations } = await loadWorkload(name)
    expect(migrations.map((step) => checksumOf(step).slice(0, 12))).toEqual(released[name])
  })
})
