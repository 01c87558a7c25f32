import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxKeptBytes } from '../../../../../src/lib/load/clients/http/kept-body.ts'
import { takeBody } from '../../../../../src/lib/load/clients/http/response-reader.ts'
import { bytesOf, cut, cuts, read, seen, singly } from '../../../../support/http/read-pieces.ts'

describe('limits', () => {
  const lines = (count: number, length: number): string =>
    Array.from({ length: count }, () => `x: ${'y'.repeat(length - 3)}\r\n`).join('')
  const endless = (text: string) => read(Array.from({ length: 100 }, () => bytesOf(text.repeat(1000))))

  it('are 64 kB for a head, in one line or in many', () => {
    const status = 'HTTP/1.1 204 OK\r\n'
    const left = 64 * 1024 - status.length
    const answer = (...fields: string[]) => bytesOf(`${status}${fields.join('')}\r\n`)
    for (const pieces of [(bytes: Buffer) => [bytes], singly]) {
      expect(read(pieces(answer(lines(1, left - 2)))).parseError).toBeNull()
      expect(read(pieces(answer(lines(1, left - 1)))).parseError).toBe('a head too long')
      expect(read(pieces(answer(lines(1, 64 * 1024 + 1)))).parseError).toBe('a line too long')
    }
    expect(read([answer(lines(40, 1000), lines(1, left - 40 * 1002 - 2))]).parseError).toBeNull()
    expect(read([answer(lines(40, 1000), lines(1, left - 40 * 1002 - 1))]).parseError).toBe('a head too long')
  })

  it('let a head of 20 kB pass, wherever it is cut', () => {
    const fields = `x-policy: ${'a'.repeat(9000)}\r\nx-cookie: ${'b'.repeat(11_000)}\r\n`
    const bytes = bytesOf(`HTTP/1.1 200 OK\r\n${fields}content-length: 2\r\n\r\nok`)
    const expected = { status: 200, body: 'ok', bytes: 2, keepsOpen: true, parseError: null }
    expect(seen(read(singly(bytes)))).toEqual(expected)
    fc.assert(
      fc.property(cuts, (shares) => {
        expect(seen(read(cut(bytes, shares)))).toEqual(expected)
      }),
    )
  })

  it.each([
    ['heads that announce another', 'HTTP/1.1 100 Continue\r\n\r\n', 'a head too long'],
    ['a line', 'HTTP/1.1 200 ', 'a line too long'],
  ])('hold for %s without end', (_what, text, parseError) => {
    expect(endless(text).parseError).toBe(parseError)
  })

  it('hold for a trailer without end', () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n'
    expect(read([bytesOf(head), bytesOf(lines(70, 1000))]).parseError).toBe('a head too long')
  })

  it('let a body of any length pass that is not kept, and refuse to keep too much', () => {
    const head = bytesOf('HTTP/1.1 200 OK\r\n\r\n')
    const piece = Buffer.alloc(maxKeptBytes / 4)
    const pieces = [head, ...Array.from({ length: 5 }, () => piece)]
    expect(seen(read(pieces, false, false))).toMatchObject({ bytes: 5 * piece.length, body: '', parseError: null })
    expect(seen(read(pieces, false, true))).toMatchObject({ body: '', parseError: 'a body too large to keep' })
  })

  it('are none for a body that grows while it comes', () => {
    const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, at) => at % 251))
    const bytes = Buffer.concat([bytesOf('HTTP/1.1 200 OK\r\n\r\n'), content])
    expect(takeBody(read(cut(bytes, [0.01, 0.1, 0.3, 0.9]))).equals(content)).toBe(true)
  })

  it('do not believe a length before its bytes come', () => {
    const reader = read([bytesOf('HTTP/1.1 200 OK\r\ncontent-length: 999999999999999\r\n\r\nsome')])
    expect([reader.phase, reader.bytes]).toEqual(['body of known length', 4])
    expect(reader.body?.bytes?.length).toBeLessThanOrEqual(1024 * 1024)
  })
})
