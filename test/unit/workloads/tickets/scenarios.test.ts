import { describe, expect, it } from 'vitest'
import type { LedgerEntry, StepResponse, StepRequest, VirtualUser } from '../../../../src/lib/ports/scenario.ts'
import { createRandom } from '../../../../src/lib/base/random.ts'
import { damage } from '../../../../src/lib/workloads/tickets/receipt-generator.ts'
import { receiptId } from '../../../../src/lib/workloads/tickets/receipt-service.ts'
import { parseReceipt } from '../../../../src/lib/workloads/tickets/receipt.ts'
import { createScenarios } from '../../../../src/lib/workloads/tickets/scenarios.ts'
import { noSockets } from '../../../support/load/unused-sockets.ts'

function answerOf(status: number, body = '', maybeExecuted = true): StepResponse {
  return { status, maybeExecuted, body: Buffer.from(body), json: () => JSON.parse(body) as unknown }
}

/** Lets a user go through a scenario `times` times; every request gets the same answer. */
async function runScenario(name: string, answer: StepResponse, { times = 1, id = 3, runId = 'r1' } = {}) {
  const entries: LedgerEntry[] = []
  const requests: StepRequest[] = []
  const user: VirtualUser = {
    ...noSockets,
    id,
    runId,
    random: createRandom('x'),
    ledger: { record: async (entry) => void entries.push(entry) },
    outcomeOf: () => 'failed',
    think: async () => {},
    request: async (request) => {
      requests.push(request)
      return answer
    },
  }
  const scenario = createScenarios({ seed: 'x' }, runId).find((each) => each.name === name)!
  const state = await scenario.prepare(user)
  const errors: unknown[] = []
  for (let time = 0; time < times; time++) await scenario.run(user, state).catch((error: unknown) => errors.push(error))
  return { entries, errors, bodies: requests.map(({ body }) => body as string | Buffer) }
}

const orderOf = (body: string | Buffer): string | null => {
  const parsed = parseReceipt(Buffer.from(body))
  return parsed.kind === 'order' ? parsed.order.id : null
}

describe('a sender', () => {
  it.each([
    [answerOf(201, '{"id":"7"}'), { outcome: 'booked', resource: 'order', id: '7' }],
    [answerOf(200, '{"id":"7"}'), { outcome: 'booked', resource: 'order', id: '7' }],
    [answerOf(202, '{"reason":"empty"}'), { outcome: 'booked', resource: 'rejected' }],
    [answerOf(500, 'oops'), { outcome: 'failed', resource: 'receipt' }],
    [answerOf(0), { outcome: 'unknown', resource: 'receipt' }],
    [answerOf(0, '', false), { outcome: 'failed', resource: 'receipt' }],
  ])('writes down what became of a receipt: %j', async (answer, entry) => {
    const { entries, bodies, errors } = await runScenario('steady', answer)
    expect(entries).toEqual([{ key: receiptId(bodies[0]!), ...entry }])
    expect(errors).toEqual([])
  })

  it.each(['{}', '"ok"', 'pong', ''])('writes down an order whose number the answer leaves out: %j', async (body) => {
    const { entries, bodies, errors } = await runScenario('steady', answerOf(200, body))
    expect(entries).toEqual([{ key: receiptId(bodies[0]!), outcome: 'booked', resource: 'order' }])
    expect(errors).toEqual([])
  })

  it('that is steady sends good receipts, of its own: no other user, scenario or run has their numbers', async () => {
    const ok = answerOf(201, '{"id":"7"}')
    const runs = [
      await runScenario('steady', ok, { times: 50 }),
      await runScenario('steady', ok, { times: 50, id: 31 }),
      await runScenario('steady', ok, { times: 50, runId: 'r1x2' }),
      await runScenario('steady', ok, { times: 50, id: 999_999 }),
    ]
    const numbers = runs.flatMap(({ bodies }) => bodies.map(orderOf))
    expect(numbers).not.toContain(null)
    expect(new Set(numbers).size).toBe(200)
    const dirty = await runScenario('dirty', ok, { times: 50 })
    expect(dirty.bodies.map(orderOf).filter((number) => number !== null && numbers.includes(number))).toEqual([])
  })

  it('that is dirty sends broken ones, the same again, and others under the same number', async () => {
    const { bodies } = await runScenario('dirty', answerOf(201, '{"id":"7"}'), { times: 1000 })
    const numbers = bodies.map(orderOf)
    const broken = numbers.filter((number) => number === null).length
    expect(broken).toBeGreaterThan(70)
    expect(broken).toBeLessThan(250)
    const keys = bodies.map((body) => receiptId(body))
    const again = numbers.filter((number, index) => number !== null && keys.indexOf(keys[index]!) < index).length
    const others = numbers.filter((number, index) => number !== null && numbers.indexOf(number) < index).length - again
    expect(again).toBeGreaterThan(20)
    expect(others).toBeGreaterThan(20)
  })
})

describe('damage', () => {
  it('breaks a receipt in most cases, in several ways', () => {
    const random = createRandom('x')
    const good = 'Order: 1\nVAT: 1.00\nTotal: 2.00\n\nproduct,product_id,price\nPane,p1,1.00\nVino,p2,1.00\n'
    const reasons = Array.from({ length: 300 }, () => {
      const parsed = parseReceipt(damage(good, random))
      return parsed.kind === 'error' ? parsed.error.reason : 'good'
    })
    expect(reasons.filter((reason) => reason === 'good').length).toBeLessThan(60)
    expect(new Set(reasons).size).toBeGreaterThan(8)
  })
})
