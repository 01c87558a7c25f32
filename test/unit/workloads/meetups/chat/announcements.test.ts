import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readMessage, writeMessage } from '../../../../../src/lib/workloads/meetups/chat/announcements.ts'

const rows = fc.record({
  id: fc.uuid(),
  room_id: fc.uuid(),
  position: fc.integer({ min: 1 }),
  user_id: fc.uuid(),
  body: fc.string({ unit: 'binary' }),
  key: fc.string(),
  created_at: fc.maxSafeNat(),
})

it('reads every message as it was written', () => {
  fc.assert(
    fc.property(rows, (row) => {
      expect(readMessage(writeMessage(row))).toEqual(row)
    }),
  )
})

it('takes nothing else for a message', () => {
  const broken = fc.tuple(rows, fc.constantFrom('id', 'room_id', 'position', 'body', 'created_at'), fc.jsonValue())
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(readMessage(text)).toBeNull()
    }),
  )
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(readMessage(text)).toBeNull()
    }),
  )
  const property = fc.property(broken, ([row, field, value]) => {
    fc.pre(typeof value !== typeof row[field as keyof typeof row])
    expect(readMessage(JSON.stringify({ ...row, [field]: value }))).toBeNull()
  })
  fc.assert(property)
})
