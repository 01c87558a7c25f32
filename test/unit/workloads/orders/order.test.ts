import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { fastify } from 'fastify'
import { describe, expect, it } from 'vitest'
import {
  maxItems,
  messageJsonSchema,
  type Order,
  maxMessageBytes,
  readOrder,
} from '../../../../src/lib/workloads/orders/order.ts'
import { maxReasonLength } from '../../../../src/lib/workloads/orders/tables.ts'
import { exactInput } from '../../../../src/lib/workloads/shared/http/exact-input.ts'

const sample = readFileSync(new URL('../../../../fixtures/orders/order.json', import.meta.url))
const text = sample.toString()
type Loose = Record<string, unknown> & { delivery: Record<string, unknown>; payment: Record<string, unknown> }
const changed = (change: (order: Loose & { items: Record<string, unknown>[] }) => void): string => {
  const order = JSON.parse(text) as Loose & { items: Record<string, unknown>[] }
  change(order)
  return JSON.stringify(order)
}
const reasonFor = (message: string | Buffer): string | null => {
  const read = readOrder(Buffer.from(message))
  return read.order === null ? read.reason : null
}

describe('readOrder', () => {
  it('takes the well-known sample as it is', () => {
    expect(readOrder(sample)).toEqual({ order: JSON.parse(text) as Order })
  })

  it.each<[string, string, string]>([
    ['a missing field', changed((order) => delete order.payment['bank']), 'payment.bank is missing'],
    ['a missing part', changed((order) => delete (order as Record<string, unknown>)['items']), 'items is missing'],
    ['a number as text', changed((order) => (order.items[0]!['price'] = '453')), 'items.0.price must be integer'],
    ['a fraction', changed((order) => (order.payment['amount'] = 1.5)), 'payment.amount must be integer'],
    ['a negative amount', changed((order) => (order.payment['amount'] = -1)), 'payment.amount must be >= 0'],
    [
      'more than a number holds',
      text.replace('1817', '1e999'),
      'payment.amount has more digits than a number can hold',
    ],
    [
      'more than is exact',
      text.replace('1817', '9007199254740993'),
      'payment.amount has more digits than a number can hold',
    ],
    [
      'a whole number that is none',
      text.replace('1817', '1817.00000000000000000001'),
      'payment.amount has more digits than a number can hold',
    ],
    ['a field that is there twice', text.replace('"amount"', '"amount": 1, "amount"'), 'payment.amount is there twice'],
    [
      'null for a part',
      changed((order) => ((order as Record<string, unknown>)['delivery'] = null)),
      'delivery must be object',
    ],
    ['another field', changed((order) => (order['colour'] = 'red')), 'colour is not a field of an order'],
    [
      'another field within',
      changed((order) => (order.delivery['floor'] = 3)),
      'delivery.floor is not a field of an order',
    ],
    ['a prototype', text.replace('{', '{"__proto__": {},'), '__proto__ is no name of a field'],
    [
      'a long text',
      changed((order) => (order.delivery['city'] = 'x'.repeat(201))),
      'delivery.city must not have more than 200 characters',
    ],
    [
      'many items',
      changed((order) => (order.items = Array(maxItems + 1).fill(order.items[0]))),
      'items must not have more than 100 items',
    ],
    [
      'no date',
      changed((order) => (order['date_created'] = 'yesterday')),
      'date_created must match format "date-time"',
    ],
    [
      'a day that is none',
      changed((order) => (order['date_created'] = '2021-13-41T06:22:19Z')),
      'date_created must match format "date-time"',
    ],
    [
      'an id that is a path',
      changed((order) => (order['order_uid'] = '../x')),
      'order_uid must match pattern "^[A-Za-z0-9_-]{1,64}$"',
    ],
    [
      'an empty id',
      changed((order) => (order['order_uid'] = '')),
      'order_uid must match pattern "^[A-Za-z0-9_-]{1,64}$"',
    ],
    ['U+0000', changed((order) => (order.delivery['name'] = 'a\0b')), 'delivery.name has characters that are no text'],
    ['half a pair', text.replace('Test Testov', String.raw`a\ud83d`), 'delivery.name has characters that are no text'],
    ['a list', `[${text}]`, 'the message is not a JSON object'],
    ['nothing', '', 'the message is not valid JSON'],
    ['a torn message', text.slice(0, 300), 'the message is not valid JSON'],
    ['deep nesting', '['.repeat(100_000), 'the message is not valid JSON'],
    ['a huge message', ' '.repeat(maxMessageBytes + 1), 'the message is longer than 262144 bytes'],
  ])('says what is wrong with %s', (_name, message, reason) => {
    expect(reasonFor(message)).toBe(reason)
  })

  /** As the original's publisher writes it. */
  const enveloped = (order: string, createdAt = '"2023-05-11T13:59:23.123456789+03:00"'): string =>
    `{"CreatedAt":${createdAt},"Order":${order}}`

  it('takes an order as the original publishes it, and says what is wrong with one that is none', () => {
    expect(readOrder(Buffer.from(enveloped(text)))).toEqual({ order: JSON.parse(text) as Order })
    const broken = changed((order) => delete order.payment['bank'])
    expect(reasonFor(enveloped(broken))).toBe('Order.payment.bank is missing')
    expect(reasonFor(enveloped('null'))).toBe('Order must be object')
    expect(reasonFor(enveloped(text, '5'))).toBe('CreatedAt must be string')
    expect(reasonFor(enveloped(text, '"yesterday"'))).toBe('CreatedAt must match format "date-time"')
    expect(reasonFor(enveloped(text, '"0001-01-01T00:00:00Z"'))).toBe('CreatedAt must be a time that somebody has set')
    const { delivery: _delivery, date_created: _date, oof_shard: _shard, ...lean } = JSON.parse(text) as Order
    const order = { ...lean, items: null }
    expect(readOrder(Buffer.from(enveloped(JSON.stringify(order))))).toEqual({ order })
    expect(reasonFor(JSON.stringify(order))).toBe('delivery is missing')
    expect(reasonFor(`{"Order":${text}}`)).toBe('CreatedAt is missing')
    expect(reasonFor(enveloped(text).replace('}', '},"Id":1'))).not.toBeNull()
    expect(reasonFor(enveloped(enveloped(text)))).toContain('is missing')
  })

  it('takes what the published schema takes', async () => {
    const file = createRequire(import.meta.url).resolve('rushbench/schema/order-message.v1.schema.json')
    const schema = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    expect(schema).toEqual(JSON.parse(JSON.stringify(messageJsonSchema())))
    // Ajv reads an earlier draft, in which these words mean the same.
    const { $schema: _, ...body } = schema
    await using app = fastify(exactInput)
    app.post('/', { schema: { body } }, async () => 'taken')
    const isTaken = async (payload: string): Promise<boolean> => {
      const headers = { 'content-type': 'application/json' }
      return (await app.inject({ method: 'POST', url: '/', headers, payload })).statusCode === 200
    }
    const wrong = changed((order) => (order.payment['amount'] = -1))
    const unset = enveloped(text, '"0001-01-01T00:00:00Z"')
    for (const message of [
      text,
      enveloped(text),
      wrong,
      enveloped(wrong),
      enveloped(text, '1'),
      unset,
      '{}',
      '[]',
      '"x"',
    ]) {
      expect([message, await isTaken(message)]).toEqual([message, reasonFor(message) === null])
    }
  })

  it('says that bytes are no text', () => {
    expect(reasonFor(Buffer.concat([sample, Buffer.from([0xff])]))).toBe('the message is not UTF-8')
  })

  it('takes every text that all databases can store, escaped or not', () => {
    const whole = changed((order) => (order.delivery['name'] = '😀 漢 "\\'))
    expect(reasonFor(whole)).toBeNull()
    expect(reasonFor(whole.replace('😀', String.raw`\ud83d\ude00`))).toBeNull()
  })

  const storable = (reason: string): boolean =>
    reason.length > 0 && reason.length <= maxReasonLength && reason.isWellFormed() && !reason.includes('\0')

  it('has an order or a reason that can be stored for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const reason = reasonFor(Buffer.from(bytes))
        expect(reason !== null && storable(reason)).toBe(true)
      }),
    )
  })

  it('has one for an order with any value in any place, and any field beside it', () => {
    const paths = ['', 'delivery', 'payment', 'items', 'items.0']
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.string({ unit: 'binary' }), fc.jsonValue(), (path, name, value) => {
        // An array is no place for a field of this name.
        fc.pre(!(path === 'items' && name === 'length'))
        const order = JSON.parse(text) as Record<string, unknown>
        let part: unknown = order
        for (const step of path.split('.').filter(Boolean)) part = (part as Record<string, unknown>)[step]
        ;(part as Record<string, unknown>)[name] = value
        const read = readOrder(Buffer.from(JSON.stringify(order)))
        expect(read.order !== null || storable(read.reason)).toBe(true)
      }),
    )
  })

  it('never takes an order that is cut off', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sample.length - 3 }), (length) => {
        expect(reasonFor(sample.subarray(0, length))).not.toBeNull()
      }),
    )
  })
})
