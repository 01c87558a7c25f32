import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../../../src/lib/ports/outcome.ts'
import type { LedgerEntry, StepResponse, StepRequest, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createScenarios } from '../../../../src/lib/workloads/vaccination/scenarios.ts'
import { noSockets } from '../../../support/load/unused-sockets.ts'

const statuses = { bookedStatuses: [201], conflictStatuses: [409] }

function answerOf(status: number, body: string, maybeExecuted = true): StepResponse {
  return { status, maybeExecuted, body: Buffer.from(body), json: () => JSON.parse(body) as unknown }
}

/** Lets one user browse a calendar with one free slot, and book it; returns what it wrote down. */
async function bookWith(answer: StepResponse): Promise<{ entries: LedgerEntry[]; error: unknown }> {
  const entries: LedgerEntry[] = []
  const calendar = answerOf(200, '[{"id":7,"stock":1},{"id":8,"stock":0}]')
  const user: VirtualUser = {
    ...noSockets,
    id: 3,
    runId: 'r1',
    random: createRandom('x'),
    ledger: { record: async (entry) => void entries.push(entry) },
    outcomeOf: (given) => outcomeOf(given, statuses),
    think: async () => {},
    request: async ({ step }: StepRequest) => (step === 'book' ? answer : calendar),
  }
  const scenarios = createScenarios({ from: '2000-01-01', seed: 'x', cache: 'memory', ...statuses }, 'r1')
  const scenario = scenarios.find(({ name }) => name === 'browse and book')!
  const error: unknown = await scenario.run(user, await scenario.prepare(user)).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return { entries, error }
}

const key: unknown = expect.stringMatching(/r1-3-1$/)

describe('a user who books', () => {
  it.each([
    [answerOf(201, '{"id":"018f"}'), { outcome: 'booked', key, resource: 7, id: '018f' }],
    [answerOf(409, '{}'), { outcome: 'conflict', key, resource: 7 }],
    [answerOf(500, 'oops'), { outcome: 'failed', key, resource: 7 }],
    [answerOf(0, ''), { outcome: 'unknown', key, resource: 7 }],
    [answerOf(0, '', false), { outcome: 'failed', key, resource: 7 }],
  ])('writes down what became of it: %j', async (answer, entry) => {
    expect(await bookWith(answer)).toEqual({ entries: [entry], error: null })
  })

  it.each(['', 'null', '{}', '{"id":{}}'])(
    'writes down a booking whose answer has no id, and complains: %j',
    async (body) => {
      const { entries, error } = await bookWith(answerOf(201, body))
      expect(entries).toEqual([{ outcome: 'booked', key, resource: 7 }])
      expect(error).toMatchObject({ message: 'the API booked, but does not say under which id' })
    },
  )
})
