import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditMapping } from '../../../src/lib/audit/mapping.ts'

const bookings = { table: 'orders', key: 'ref', resource: 'show' }
const resources = { table: 'shows', capacity: 'seats' }

describe('the mapping of an audit', () => {
  it('is an object, or JSON where there are only texts; an id is called id unless it says otherwise', () => {
    const expected = { bookings: { ...bookings, id: 'id' }, resources: { ...resources, id: 'id' } }
    expect(auditMapping.parse({ bookings, resources })).toEqual(expected)
    expect(auditMapping.parse(JSON.stringify({ bookings, resources }))).toEqual(expected)
  })

  it('takes everything that may be said', () => {
    const full = {
      bookings: { ...bookings, table: 'box.orders', id: '_id', status: { column: 'state', booked: ['paid'] } },
      resources: { ...resources, id: 'no', capacity: 300, available: 'seats_left' },
    }
    expect(auditMapping.parse(full)).toEqual(full)
  })

  it.each([
    {},
    '{"bookings": ',
    'orders',
    [],
    { resources },
    { bookings: { ...bookings, key: undefined } },
    { bookings: { ...bookings, seat: 'no' } },
    { bookings, show: resources },
    { bookings: { ...bookings, table: 'a.b.c' } },
    { bookings: { ...bookings, key: 'orders.ref' } },
    { bookings: { ...bookings, key: 'ref as key' } },
    { bookings: { ...bookings, key: 'ref desc' } },
    { bookings: { ...bookings, key: 'ref"; drop table orders' } },
    { bookings: { ...bookings, status: { column: 'state', booked: [] } } },
    { bookings, resources: { ...resources, capacity: 0 } },
    { bookings, resources: { ...resources, capacity: 1.5 } },
  ])('refuses %j', (value) => expect(auditMapping.safeParse(value).success).toBe(false))

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.anything()), (value) => {
        auditMapping.safeParse(value)
      }),
    )
  })
})
