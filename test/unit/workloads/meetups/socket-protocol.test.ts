import fc from 'fast-check'
import { expect, it } from 'vitest'
import { duplicate, readMessage } from '../../../../src/lib/workloads/meetups/gateway/sockets/protocol.ts'
import { createSlots } from '../../../../src/lib/workloads/meetups/gateway/sockets/limits.ts'

it.each([
  ['{"type":"connection_init"}', { type: 'connection_init', payload: {} }],
  ['{"type":"connection_init","payload":null}', { type: 'connection_init', payload: {} }],
  ['{"type":"ping","payload":{"a":1}}', { type: 'ping' }],
  ['{"type":"pong"}', { type: 'pong' }],
  ['{"type":"complete","id":"1"}', { type: 'complete', id: '1' }],
  ['{"type":"subscribe","id":"1","payload":{"query":"x"}}', { type: 'subscribe', id: '1', payload: { query: 'x' } }],
])('reads %s', (text, message) => {
  expect(readMessage(text)).toEqual(message)
})

it.each([
  '',
  'x',
  'null',
  '[]',
  '{}',
  '"subscribe"',
  '{"type":7}',
  '{"type":"start","id":"1"}',
  '{"type":"next","id":"1"}',
  '{"type":"__proto__"}',
  '{"type":"subscribe","payload":{"query":"x"}}',
  '{"type":"subscribe","id":1,"payload":{"query":"x"}}',
  '{"type":"subscribe","id":"","payload":{"query":"x"}}',
  '{"type":"subscribe","id":"\\ud800","payload":{"query":"x"}}',
  '{"type":"subscribe","id":"1","payload":"x"}',
  `{"type":"subscribe","id":"${'x'.repeat(65)}","payload":{"query":"x"}}`,
  '{"type":"complete"}',
  '{"type":"connection_init","payload":[]}',
])('takes %s for no message', (text) => {
  expect(readMessage(text)).toBeNull()
})

it('reads or refuses any text, and every id goes into the reason of a closing', () => {
  const record = fc.record({
    type: fc.constantFrom('subscribe', 'complete', 'ping'),
    id: fc.string({ unit: 'binary' }),
    payload: fc.jsonValue(),
  })
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        record.map((given) => JSON.stringify(given)),
      ),
      (text) => {
        const message = readMessage(text)
        // A closing has room for 123 bytes of reason.
        if (message && 'id' in message) expect(Buffer.byteLength(duplicate(message.id).reason)).toBeLessThanOrEqual(123)
      },
    ),
    { numRuns: 1000 },
  )
})

it('counts what each account has, and takes what is given back once', () => {
  const slots = createSlots(2)
  const [one, two] = [slots.take('a'), slots.take('a')]
  expect([typeof one, typeof two, slots.take('a'), typeof slots.take('b'), slots.taken]).toEqual([
    'function',
    'function',
    null,
    'function',
    3,
  ])
  one!()
  one!()
  expect(slots.taken).toBe(2)
  expect(typeof slots.take('a')).toBe('function')
  expect(slots.take('a')).toBeNull()
})
