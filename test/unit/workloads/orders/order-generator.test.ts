import { describe, expect, it } from 'vitest'
import { createOrderGenerator, generateMessages } from '../../../../src/lib/workloads/orders/order-generator.ts'
import { readOrder } from '../../../../src/lib/workloads/orders/order.ts'

describe('made orders', () => {
  const generator = createOrderGenerator('seed')

  it('are the same for the same seed, in whatever order they are made', () => {
    const other = createOrderGenerator('seed')
    const [second, first] = [other.at(1), other.at(0)]
    expect([generator.at(0), generator.at(1)]).toEqual([first, second])
    expect(createOrderGenerator('another').at(0)).not.toEqual(first)
  })

  it('are valid, add up, and each has the id that is known of it', () => {
    for (let index = 0; index < 500; index++) {
      const order = generator.at(index)
      expect(readOrder(Buffer.from(JSON.stringify(order)))).toEqual({ order })
      expect(order.order_uid).toBe(generator.uidAt(index))
      const { payment, items } = order
      expect(payment.goods_total).toBe(items.reduce((sum, item) => sum + item.total_price, 0))
      expect(payment.amount).toBe(payment.goods_total + payment.delivery_cost + payment.custom_fee)
    }
  })

  it('have ids of their own', () => {
    const uids = new Set(Array.from({ length: 50_000 }, (_, index) => generator.uidAt(index)))
    expect(uids.size).toBe(50_000)
  })
})

describe('messages', () => {
  const made = (invalid: number, count = 1000, runId = 'run') => [...generateMessages('seed', runId, count, invalid)]

  it.each([
    [0, 0],
    [0.1, 100],
    [0.333, 333],
    [1, 1000],
  ])('with a share of %f are invalid %i times in a thousand, and in no other way', (share, expected) => {
    const messages = made(share)
    const rejected = messages.filter(({ value }) => readOrder(value).order === null)
    expect(rejected.length).toBe(expected)
    expect(rejected.every(({ uid }) => uid === null)).toBe(true)
    for (const { uid, value } of messages) {
      if (uid !== null) expect(readOrder(value).order?.order_uid).toBe(uid)
    }
  })

  it('are broken in many ways, and no two alike', () => {
    const messages = made(1)
    const reasons = new Set(messages.map(({ value }) => (readOrder(value) as { reason: string }).reason))
    expect(reasons.size).toBeGreaterThanOrEqual(15)
    expect(new Set(messages.map(({ value }) => value.toString('latin1'))).size).toBe(1000)
  })

  it('are in the envelope of the original where they are asked for so', () => {
    const messages = [...generateMessages('seed', 'run', 50, 0.1, 'original')]
    const own = made(0.1, 50)
    for (const [index, { uid, value }] of messages.entries()) {
      expect(uid).toBe(own[index]!.uid)
      const { order } = readOrder(own[index]!.value)
      expect(readOrder(value).order).toEqual(order)
      if (order) expect(Object.keys(JSON.parse(value.toString()) as object)).toEqual(['CreatedAt', 'Order'])
    }
  })

  it('are the same for the same run, and others for another', () => {
    expect(made(0.1, 50)).toEqual(made(0.1, 50))
    const uids = new Set([...made(0, 50), ...made(0, 50, 'other')].map(({ uid }) => uid))
    expect(uids.size).toBe(100)
  })
})
