import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommandWriter } from '../../../../src/lib/adapters/databases/mysql/command-writer.ts'
import type { Value } from '../../../../src/lib/ports/database.ts'
import { MessageWriter } from '../../../../src/lib/adapters/databases/postgres/message-writer.ts'

const long = fc.constantFrom(250, 251, 65_535, 65_536, 70_000).map((length) => 'x'.repeat(length))
const text = fc.oneof({ weight: 9, arbitrary: fc.string({ unit: 'grapheme' }) }, { weight: 1, arbitrary: long })
// Without -0, which no whole number on the wire is.
const number = fc
  .oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => value + 0)
const values = fc.array(fc.oneof(fc.constant(null), text, number), { maxLength: 20 })

/** What a server of PostgreSQL reads: https://www.postgresql.org/docs/current/protocol-message-formats.html. */
function readPostgres(bytes: Buffer): { name: string; texts: (string | null)[] } {
  const messages: [type: string, body: Buffer][] = []
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1))
    messages.push([String.fromCharCode(bytes[at]!), bytes.subarray(at + 5, at + 1 + bytes.readInt32BE(at + 1))])
  expect(messages.map(([type]) => type)).toEqual(['B', 'E', 'S'])
  const [bind, execute, sync] = messages.map(([, body]) => body) as [Buffer, Buffer, Buffer]
  // The portal without a name, and no limit of rows.
  expect([...execute]).toEqual([0, 0, 0, 0, 0])
  expect(sync).toHaveLength(0)
  expect(bind[0]).toBe(0)
  const end = bind.indexOf(0, 1)
  let at = end + 1
  const next = (): number => bind.readInt16BE((at += 2) - 2)
  expect(next()).toBe(0)
  const texts = Array.from({ length: next() }, () => {
    const length = bind.readInt32BE(at)
    at += 4 + Math.max(0, length)
    return length < 0 ? null : bind.toString('utf8', at - length, at)
  })
  expect(next()).toBe(0)
  expect(at).toBe(bind.length)
  return { name: bind.toString('utf8', 1, end), texts }
}

/** What a server of MySQL reads: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_execute.html. */
function readMysql(bytes: Buffer, parameters: number, attributes: boolean): { id: number; read: Value[] } {
  let at = 0
  const take = (length: number): Buffer => bytes.subarray(at, (at += length))
  const length = (): number => {
    const first = take(1)[0]!
    return first < 0xfb ? first : take(first === 0xfc ? 2 : 3).readUIntLE(0, first === 0xfc ? 2 : 3)
  }
  expect(take(3).readUIntLE(0, 3)).toBe(bytes.length - 4)
  expect(take(2)).toEqual(Buffer.from([0, 0x17]))
  const id = take(4).readUInt32LE()
  // PARAMETER_COUNT_AVAILABLE, and one iteration.
  expect([...take(5)]).toEqual([attributes ? 8 : 0, 1, 0, 0, 0])
  if (attributes) expect(length()).toBe(parameters)
  if (parameters === 0) {
    expect(at).toBe(bytes.length)
    return { id, read: [] }
  }
  const nulls = take(Math.ceil(parameters / 8))
  expect(take(1)[0]).toBe(1)
  const types = Array.from({ length: parameters }, () => {
    const type = take(2).readUInt16LE()
    if (attributes) expect(length()).toBe(0)
    return type
  })
  const read = types.map((type, index): Value => {
    const isNull = ((nulls[index >> 3]! >> (index & 7)) & 1) === 1
    expect(isNull).toBe(type === 6)
    if (isNull) return null
    if (type === 8) return Number(take(8).readBigInt64LE())
    if (type === 5) return take(8).readDoubleLE()
    expect(type).toBe(0xfd)
    return take(length()).toString('utf8')
  })
  expect(at).toBe(bytes.length)
  return { id, read }
}

describe('MessageWriter', () => {
  it('is read back by the rules of the protocol, one statement behind the other', () => {
    const writer = new MessageWriter()
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9_]{1,63}$/), values, (name, given) => {
        const texts = given.map((value) => (value === null ? null : String(value)))
        writer.bind(name, given)
        writer.executeAndSync()
        expect(readPostgres(writer.take())).toEqual({ name, texts })
      }),
    )
  })
})

describe('CommandWriter', () => {
  it('is read back by the rules of the protocol, with and without query attributes', () => {
    const writers = [new CommandWriter(false), new CommandWriter(true)] as const
    fc.assert(
      fc.property(fc.nat(0xffffffff), values, fc.boolean(), (id, given, attributes) => {
        const writer = writers[attributes ? 1 : 0]
        writer.execute(id, given)
        expect(readMysql(writer.take(), given.length, attributes)).toEqual({ id, read: given })
      }),
    )
  })

  it('refuses what no packet holds, and goes on', () => {
    const writer = new CommandWriter(false)
    expect(() => writer.execute(1, ['x'.repeat(0xffffff)])).toThrow('more than a packet holds')
    writer.execute(2, [3])
    expect(readMysql(writer.take(), 1, false)).toEqual({ id: 2, read: [3] })
  })
})
