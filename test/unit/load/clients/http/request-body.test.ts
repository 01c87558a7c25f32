import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBody } from '../../../../../src/lib/load/clients/http/request-body.ts'
import { ScenarioMistake } from '../../../../../src/lib/load/scenarios/mistakes.ts'

const bytes = Uint8Array.from([1, 2, 3, 4])

/** Its content as text, and its type. */
async function encoded(body: unknown): Promise<readonly [string, string]> {
  const { content, type } = await encodeBody(body, true)
  return [Buffer.from(content).toString('latin1'), type]
}

async function* pieces() {
  yield 'a'
  yield Buffer.from('b')
  yield Uint8Array.of(99).buffer
}

class Order {
  readonly product = 7
}

class Hidden {
  readonly #product = 7
  get product() {
    return this.#product
  }
}

describe('a body', () => {
  const octets = 'application/octet-stream'
  it.each([
    ['a text', 'Zo\u00eb', 'Zo\u00c3\u00ab', 'text/plain; charset=utf-8'],
    ['a Buffer', Buffer.from('ab'), 'ab', octets],
    ['an ArrayBuffer', bytes.buffer, '\x01\x02\x03\x04', octets],
    ['a part of an ArrayBuffer', new DataView(bytes.buffer, 1, 2), '\x02\x03', octets],
    ['another typed array', new Uint16Array(bytes.buffer, 2, 1), '\x03\x04', octets],
    ['a SharedArrayBuffer', new SharedArrayBuffer(2), '\0\0', octets],
    [
      'URLSearchParams',
      new URLSearchParams({ user: 'a b' }),
      'user=a+b',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a Blob', new Blob(['ab'], { type: 'image/x' }), 'ab', 'image/x'],
    ['a File without a type', new File(['ab'], 'x.png'), 'ab', octets],
    ['a ReadableStream', new Blob(['ab']).stream(), 'ab', octets],
    ['a stream of Node', Readable.from(['a', 'b']), 'ab', octets],
    ['an async iterable', pieces(), 'abc', octets],
    ['a list', [1, { a: 'b' }], '[1,{"a":"b"}]', 'application/json'],
    ['an empty object', { a: {}, b: [{}] }, '{"a":{},"b":[{}]}', 'application/json'],
    ['an object of a class', new Order(), '{"product":7}', 'application/json'],
    [
      'an object that says what it is',
      { at: new Date(0), no: undefined },
      '{"at":"1970-01-01T00:00:00.000Z"}',
      'application/json',
    ],
  ])('is %s', async (_name, body, content, type) => {
    expect(await encoded(body)).toEqual([content, type])
  })

  it('is a form, with the boundary in its type', async () => {
    const form = new FormData()
    form.append('name', 'Zoe')
    form.append('picture', new File(['png'], 'a.png', { type: 'image/png' }))
    const [content, type] = await encoded(form)
    const sent = await new Response(content, { headers: { 'content-type': type } }).formData()
    expect(sent.get('name')).toBe('Zoe')
    expect(await (sent.get('picture') as File).text()).toBe('png')
  })

  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  it.each([
    ['a Map', new Map([['a', 1]]), 'body is a Map, which JSON turns into {}'],
    ['a Set deep down', { list: [{ tags: new Set(['a']) }] }, 'body.list[0].tags is a Set, which JSON turns into {}'],
    ['a form in an object', { form: new FormData() }, 'body.form is a FormData'],
    ['bytes in an object', { bytes }, 'body.bytes is a Uint8Array, which JSON turns into an object'],
    ['a Promise', Promise.resolve({ a: 1 }), 'body is a Promise (is an "await" missing?)'],
    ['an object that hides what it holds', new Hidden(), 'body is a Hidden, which JSON turns into {}'],
    ['a circle', circle, 'the body cannot be made JSON: Converting circular structure to JSON'],
    ['a BigInt in an object', { a: 1n }, 'the body cannot be made JSON: Do not know how to serialize a BigInt'],
    ['a BigInt', 1n, 'body cannot be 1n'],
    ['a function', () => 'a', 'body cannot be a function'],
    ['a number', 5, 'body cannot be 5'],
    ['a function in an object', { id: Math.random }, 'body.id is a function, which JSON cannot hold'],
    ['no number', { price: NaN }, 'body.price is NaN, which JSON cannot hold'],
    ['what says that it is nothing', { toJSON: () => undefined }, 'body cannot be an object'],
    ['a stream of objects', Readable.from([{ a: 1 }]), 'a piece of the body cannot be an object'],
  ])('is not %s', async (_name, body, reason) => {
    const error = await encoded(body).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ScenarioMistake)
    expect((error as Error).message).toContain(reason)
  })

  it('betrays what JSON makes {} of also when it is not looked at closely', () => {
    expect(() => encodeBody({ tags: new Set(['a']) }, false)).toThrow('body.tags is a Set')
    expect(() => encodeBody({ bytes }, false)).toThrow('body.bytes is a Uint8Array')
  })

  it('cannot be a stream that was read before', async () => {
    for (const stream of [pieces(), new Blob(['ab']).stream(), Readable.from(['a'])]) {
      await encoded(stream)
      await expect(encoded(stream)).rejects.toThrow('has been read already')
    }
  })

  it('is the same as JSON makes of whatever JSON can hold', () => {
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        expect(encodeBody(value, true)).toEqual({ content: JSON.stringify(value), type: 'application/json' })
      }),
    )
  })
})
