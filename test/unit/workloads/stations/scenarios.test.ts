import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../../../src/lib/ports/outcome.ts'
import type { LedgerEntry, StepResponse, StepRequest, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { createScenarios } from '../../../../src/lib/workloads/stations/scenarios.ts'
import { noSockets } from '../../../support/load/unused-sockets.ts'

const statuses = { bookedStatuses: [201], conflictStatuses: [409] }

function answerOf(status: number, body: unknown, maybeExecuted = true): StepResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, maybeExecuted, body: Buffer.from(text), json: () => JSON.parse(text) as unknown }
}

const oneStation = answerOf(200, [{ name: 'Spice Arena' }])
const oneFreeDay = answerOf(200, [
  { date: '20210516', available: 0 },
  { date: '20210517', available: 3 },
])

const originalDays = answerOf(200, [
  { location: 'PWTC', date: '20210519', availability: 0 },
  { location: 'PWTC', date: '20210518', availability: 3 },
])

interface Visit {
  readonly entries: LedgerEntry[]
  readonly requests: StepRequest[]
  readonly error: unknown
}

/** Lets one user book `times` times, with an API that answers as told. */
async function visit(
  answers: (request: StepRequest) => StepResponse,
  times = 1,
  seed = 'x',
  wire: 'own' | 'original' = 'own',
): Promise<Visit> {
  const entries: LedgerEntry[] = []
  const requests: StepRequest[] = []
  const user: VirtualUser = {
    ...noSockets,
    id: 3,
    runId: 'r1',
    random: createRandom(seed),
    ledger: { record: async (entry) => void entries.push(entry) },
    outcomeOf: (given) => outcomeOf(given, statuses),
    think: async () => {},
    async request(request) {
      requests.push(request)
      if (request.path === '/stations') return oneStation
      if (request.path === '/stations/PWTC') return originalDays
      return request.path === '/stations/Spice%20Arena' ? oneFreeDay : answers(request)
    },
  }
  const scenario = createScenarios({ seed, wire, ...statuses }, 'r1').find(({ name }) => name === 'browse and book')!
  const state = await scenario.prepare(user)
  let error: unknown = null
  for (let time = 0; time < times; time++) {
    await scenario.run(user, state).catch((thrown: unknown) => (error = thrown))
  }
  return { entries, requests, error }
}

const bookings = ({ requests }: Visit) => requests.filter(({ method }) => method === 'POST')
const echo = ({ body }: StepRequest) => answerOf(201, body)
const resource = 'Spice Arena/20210517'

describe('a user who books', () => {
  it('takes a day that is free, as a person of its own', async () => {
    const visited = await visit(echo)
    expect(bookings(visited)[0]).toMatchObject({
      step: 'book',
      path: '/booking',
      expected: [201, 409],
      body: { mysejahteraId: 'r1-3-1', location: 'Spice Arena', date: '20210517' },
    })
    expect(visited.entries[0]).toEqual({ key: 'r1-3-1', resource, outcome: 'booked', id: 'r1-3-1' })
  })

  it('is somebody else each time, and now and then comes back for a second place as the same', async () => {
    const visited = await visit(echo, 200)
    const first = bookings(visited).filter(({ step }) => step === 'book')
    const second = bookings(visited).filter(({ step }) => step === 'book a second place')
    const people = (requests: StepRequest[]) =>
      requests.map(({ body }) => (body as { mysejahteraId: string }).mysejahteraId)
    expect(new Set(people(first)).size).toBe(200)
    expect(second.length).toBeGreaterThan(5)
    expect(second.length).toBeLessThan(50)
    expect(people(first)).toEqual(expect.arrayContaining(people(second)))
  })

  it.each([
    [200, { outcome: 'booked' }],
    [400, { outcome: 'conflict' }],
    [500, { outcome: 'failed' }],
  ])('speaks to the original as its own clients do, to whom %i says what became of it', async (status, entry) => {
    const answer = answerOf(status, status === 200 ? { mysejahteraId: 7 } : { message: 'no', status: 'Failed' })
    const { requests, entries, error } = await visit(() => answer, 1, 'x', 'original')
    expect(requests.map(({ method, path }) => `${method} ${path}`).slice(0, 2)).toEqual([
      'GET /stations/PWTC',
      'POST /booking',
    ])
    expect(requests[1]).toMatchObject({ expected: [200, 400], body: { location: 'PWTC', date: '20210518' } })
    expect([entries[0], error]).toEqual([{ key: 'r1-3-1', resource: 'PWTC/20210518', ...entry }, null])
  })

  it('chooses alike with the same seed', async () => {
    const [one, same, other] = [await visit(echo, 9), await visit(echo, 9), await visit(echo, 9, 'y')]
    expect(bookings(same)).toEqual(bookings(one))
    expect(bookings(other)).not.toEqual(bookings(one))
  })

  it.each([
    [answerOf(409, '{}'), { outcome: 'conflict' }],
    [answerOf(500, 'oops'), { outcome: 'failed' }],
    [answerOf(0, ''), { outcome: 'unknown' }],
    [answerOf(0, '', false), { outcome: 'failed' }],
  ])('writes down what became of it: %j', async (answer, entry) => {
    const { entries, error } = await visit(() => answer)
    expect([entries[0], error]).toEqual([{ key: 'r1-3-1', resource, ...entry }, null])
  })

  it.each(['', 'null', '{}', '{"mysejahteraId":7}'])(
    'writes down a booking for nobody without an id: %j',
    async (body) => {
      const { entries, error } = await visit(() => answerOf(201, body))
      expect(entries[0]).toEqual({ key: 'r1-3-1', resource, outcome: 'booked' })
      expect(error).toBeNull()
    },
  )
})
