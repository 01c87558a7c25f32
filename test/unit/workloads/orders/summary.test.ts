import fc from 'fast-check'
import { expect, it } from 'vitest'
import { summaryOf } from '../../../../src/lib/workloads/orders/summary.ts'

const empty = { order_uid: 'u', entry: '', total_price: 0, customer_id: '', track_number: '', delivery_service: '' }

it('sums up the prices of the items', () => {
  const items = [{ total_price: 317 }, { total_price: 100 }, { total_price: '5' }, null, 7]
  const order = {
    order_uid: 'another',
    entry: 'WBIL',
    customer_id: 3,
    track_number: 'T',
    delivery_service: 'meest',
    items,
  }
  const summary = { ...empty, entry: 'WBIL', total_price: 417, track_number: 'T', delivery_service: 'meest' }
  expect(summaryOf('u', JSON.stringify(order))).toEqual(summary)
})

it('has all its fields for any JSON', () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(Object.keys(summaryOf('u', json))).toEqual(Object.keys(empty))
    }),
  )
})
