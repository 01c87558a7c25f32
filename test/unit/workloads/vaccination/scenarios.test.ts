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

const oneFree = answerOf(200, '[{"id":7,"stock":1},{"id":8,"stock":0}]')
const noneFree = answerOf(200, '[{"id":8,"stock":0}]')

interface Visit {
  readonly entries: LedgerEntry[]
  readonly error: unknown
}

/** Lets one user browse two months, and book a slot that is free, several times; returns what it wrote down. */
async function bookWith(
  answer: StepResponse,
  months: readonly StepResponse[] = [noneFree, oneFree],
  times = 1,
): Promise<Visit> {
  const entries: LedgerEntry[] = []
  const user: VirtualUser = {
    ...noSockets,
    id: 3,
    runId: 'r1',
    random: createRandom('x'),
    ledger: { record: async (entry) => void entries.push(entry) },
    outcomeOf: (given) => outcomeOf(given, statuses),
    think: async () => {},
    request: async ({ step }: StepRequest) => (step === 'book' ? answer : months[step === 'calendar month 1' ? 0 : 1]!),
  }
  const scenarios = createScenarios({ from: '2000-01-01', seed: 'x', cache: 'memory', ...statuses }, 'r1')
  const scenario = scenarios.find(({ name }) => name === 'browse and book')!
  const state = await scenario.prepare(user)
  try {
    for (let time = 0; time < times; time++) await scenario.run(user, state)
  } catch (error) {
    return { entries, error }
  }
  return { entries, error: null }
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

  it.each(['', 'null', '{}', '{"id":{}}', '"ok"'])(
    'writes down a booking whose answer has no id, as the original answers: %j',
    async (body) => {
      const { entries, error } = await bookWith(answerOf(201, body))
      expect([entries, error]).toEqual([[{ outcome: 'booked', key, resource: 7 }], null])
    },
  )

  it('books in either month: each slot that is free as often as another', async () => {
    const first = answerOf(200, '[{"id":1,"stock":1},{"id":2,"stock":0},{"id":3,"stock":9}]')
    const { entries } = await bookWith(answerOf(201, '{"id":"a"}'), [first, oneFree], 600)
    const counts = [1, 2, 3, 7].map((slot) => entries.filter(({ resource }) => resource === slot).length)
    expect(counts[1]).toBe(0)
    for (const count of [counts[0], counts[2], counts[3]]) expect(count).toBeGreaterThan(150)
  })

  it.each([
    ['nothing where no month has a free slot', [noneFree, noneFree], []],
    ['in the month that came where the other did not', [answerOf(503, 'oops'), oneFree], [7]],
    ['in the first where the second is full', [oneFree, noneFree], [7]],
    ['in the one that is not null, as the original has a month without slots', [answerOf(200, 'null'), oneFree], [7]],
  ])('books %s', async (_, months, resources) => {
    const { entries, error } = await bookWith(answerOf(201, '{"id":"a"}'), months)
    expect(entries.map(({ resource }) => resource)).toEqual(resources)
    expect(error).toBeNull()
  })

  it('books slots whose ids are texts, as those of the original are, and sends them as they came', async () => {
    const months = [noneFree, answerOf(200, '[{"id":"20000201","stock":5}]')]
    const { entries } = await bookWith(answerOf(201, '"ok"'), months)
    expect(entries).toEqual([{ outcome: 'booked', key, resource: '20000201' }])
  })
})
