import fc from 'fast-check'
import { expect, it } from 'vitest'
import { summaryOf } from '../../../../src/lib/workloads/orders/summary.ts'

const empty = { order_uid: 'u', entry: '', total_price: 0, customer_id: '', track_number: '', delivery_service: '' }

it('adds the delivery to the amount, as the original does', () => {
  const order = {
    order_uid: 'another',
    entry: 'WBIL',
    customer_id: 3,
    track_number: 'T',
    delivery_service: 'meest',
    payment: { amount: 5792, delivery_cost: 1269, goods_total: 3 },
    items: [{ total_price: 536 }, { total_price: 995 }, { total_price: 4261 }],
  }
  const summary = { ...empty, entry: 'WBIL', total_price: 7061, track_number: 'T', delivery_service: 'meest' }
  expect(summaryOf('u', JSON.stringify(order))).toEqual(summary)
  const free = { ...order, payment: { amount: 100, delivery_cost: '5' } }
  expect(summaryOf('u', JSON.stringify(free)).total_price).toBe(100)
})

it('has all its fields for any JSON', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(Object.keys(summaryOf('u', json))).toEqual(Object.keys(empty))
    }),
  )
})
