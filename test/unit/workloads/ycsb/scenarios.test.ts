import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../../src/lib/base/random.ts'
import type { DatabaseUser, StatementResult } from '../../../../src/lib/ports/database-user.ts'
import type { VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createScenarios } from '../../../../src/lib/workloads/ycsb/scenarios.ts'
import { recordKey } from '../../../../src/lib/workloads/ycsb/tables.ts'
import { noSockets } from '../../../support/load/unused-sockets.ts'

const size = { tableRows: 1000, fields: 10, fieldLength: 20 }
const succeeded: StatementResult = { rows: [], affected: 1, failure: null, outcome: 'booked' }

/** A user of one of the core workloads, and the keys that it asked for. */
async function ask(name: string, times: number) {
  const scenario = createScenarios(size, 'test', 'postgres').find((each) => each.name === name)!
  const asked: { readonly step: string; readonly key: string }[] = []
  const query: DatabaseUser['query'] = async ({ step, sql, parameters = [] }) => {
    const key = String(sql.startsWith('UPDATE') ? parameters[1] : parameters[0])
    asked.push({ step, key })
    return succeeded
  }
  const user: VirtualUser = {
    ...noSockets,
    id: 0,
    random: createRandom('ycsb'),
    runId: 'test',
    ledger: { record: async () => {} },
    outcomeOf: () => 'booked',
    think: async () => {},
    request: () => Promise.reject(new Error('there is no API')),
    query,
  }
  const state = scenario.prepare(user)
  for (let time = 0; time < times; time++) await scenario.run(user, state)
  return asked
}

const shareOf = (asked: readonly { readonly step: string }[], step: string): number =>
  asked.filter((each) => each.step === step).length / asked.length

describe('the core workloads', () => {
  it.each([
    ['a', 'update', 0.5],
    ['b', 'update', 0.05],
    ['c', 'read', 1],
    ['d', 'insert', 0.05],
    ['e', 'scan', 0.95],
    // A read and an update of the same record count as two.
    ['f', 'read to modify', 1 / 3],
  ])('%s: %s is a share of %d', async (name, step, share) => {
    expect(shareOf(await ask(name, 10_000), step)).toBeCloseTo(share, 1)
  })

  it('asks for few records most often, and in d for the latest', async () => {
    const asked = await ask('c', 20_000)
    const first = asked.filter(({ key }) => key === recordKey(0)).length / asked.length
    // 1 / sum of k^-0.99 for k from 1 to 1000 is 1 / 7.73.
    const sum = Array.from({ length: 1000 }, (_, index) => (index + 1) ** -0.99).reduce((all, each) => all + each, 0)
    expect(first).toBeCloseTo(1 / sum, 2)
    let latest = recordKey(size.tableRows - 1)
    let hits = 0
    const all = await ask('d', 20_000)
    for (const { step, key } of all) {
      if (step === 'insert') latest = key
      else if (key === latest) hits++
    }
    expect(hits / all.length).toBeGreaterThan(0.1)
  })
})
