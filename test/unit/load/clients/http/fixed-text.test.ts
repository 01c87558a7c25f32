import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FixedRequest } from '../../../../../src/lib/ports/http-client.ts'
import { serializeFixed } from '../../../../../src/lib/load/clients/http/request-text.ts'

const get: FixedRequest = { method: 'GET', path: '/a?b', headers: [], body: new Uint8Array(), expect: '2xx' }
const bytesOf = (request: Partial<FixedRequest>): Buffer => {
  const { data, encoding } = serializeFixed({ ...get, ...request }, 'api:80')
  return typeof data === 'string' ? Buffer.from(data, encoding) : data
}
const textOf = (request: Partial<FixedRequest>): string => bytesOf(request).toString('latin1')

describe('serializeFixed', () => {
  it('writes headers as they were given, in order, and a Host of its own unless there is one', () => {
    const headers = [['Cookie', 'a=1'], ['Cookie', 'b=2']] as const // prettier-ignore
    expect(textOf({ headers })).toBe('GET /a?b HTTP/1.1\r\nhost: api:80\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n')
    expect(textOf({ headers: [['Host', 'shop']] })).toBe('GET /a?b HTTP/1.1\r\nHost: shop\r\n\r\n')
  })

  it('goes below the path of its target, with its user unless it has one of its own', () => {
    const base = { basePath: '/api', authorization: 'Basic YTpi' }
    const textAt = (headers: FixedRequest['headers']) => serializeFixed({ ...get, headers }, 'h', base).data
    expect(textAt([])).toBe('GET /api/a?b HTTP/1.1\r\nhost: h\r\nauthorization: Basic YTpi\r\n\r\n')
    expect(textAt([['AUTHORIZATION', 'mine']])).toBe('GET /api/a?b HTTP/1.1\r\nhost: h\r\nAUTHORIZATION: mine\r\n\r\n')
  })

  it('announces a body, also an empty one where the method is about a body', () => {
    expect(textOf({ method: 'POST' })).toContain('content-length: 0\r\n')
    for (const method of ['GET', 'DELETE', 'OPTIONS']) expect(textOf({ method })).not.toContain('content-length')
    expect(textOf({ method: 'DELETE', body: Buffer.from('ü') })).toMatch(/\r\ncontent-length: 2\r\n\r\n\u00c3\u00bc$/)
  })

  it('sends every byte of a body as it is, however long it is', () => {
    const body = fc.uint8Array({ maxLength: 40_000, size: 'max' })
    fc.assert(
      fc.property(body, (bytes) => {
        const sent = bytesOf({ method: 'PUT', body: bytes })
        expect(sent.subarray(sent.indexOf('\r\n\r\n') + 4).equals(bytes)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})
