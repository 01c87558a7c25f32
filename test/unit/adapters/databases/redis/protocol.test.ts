import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCommand, ErrorReply, ReplyReader } from '../../../../../src/lib/adapters/databases/redis/protocol.ts'

const simple = fc.stringMatching(/^[ -~]{0,20}$/)
const { reply } = fc.letrec<{ reply: unknown }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    simple.map((message) => new ErrorReply(message)),
    fc.array(tie('reply'), { maxLength: 4 }),
  ),
}))

/** As a server writes it. */
function encode(value: unknown): string {
  if (value === null) return '$-1\r\n'
  if (value instanceof ErrorReply) return `-${value.message}\r\n`
  if (typeof value === 'number') return `:${value}\r\n`
  if (typeof value === 'string') return `$${Buffer.byteLength(value)}\r\n${value}\r\n`
  const list = value as unknown[]
  return `*${list.length}\r\n${list.map(encode).join('')}`
}

describe('replies of Redis', () => {
  it('are read where they are whole, wherever they begin', () => {
    const reader = new ReplyReader()
    fc.assert(
      fc.property(reply, fc.nat(), (value, seed) => {
        const whole = Buffer.from(`+before\r\n${encode(value)}:1\r\n`)
        const [start, end] = [9, whole.length - 4]
        expect(reader.read(whole, start, whole.length)).toEqual(value)
        expect(reader.next).toBe(end)
        expect(reader.read(whole, start, start + (seed % (end - start)))).toBeUndefined()
      }),
    )
  })

  it('are nothing else', () => {
    expect(() => new ReplyReader().read(Buffer.from('HTTP/1.1 400\r\n'), 0, 14)).toThrow('does not speak')
    const deep = Buffer.from('*1\r\n'.repeat(200))
    expect(() => new ReplyReader().read(deep, 0, deep.length)).toThrow('too deeply')
  })
})

describe('commands of Redis', () => {
  it('say how many bytes each word has', () =>
    expect(encodeCommand(['SET', 'ä', 1]).toString()).toBe('*3\r\n$3\r\nSET\r\n$2\r\nä\r\n$1\r\n1\r\n'))
})
