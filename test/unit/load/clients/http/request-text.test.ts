import { describe, expect, it } from 'vitest'
import { createRequestSerializer } from '../../../../../src/lib/load/clients/http/request-text.ts'
import type { HttpRequest } from '../../../../../src/lib/ports/http-client.ts'

const serialize = createRequestSerializer('api.example.com:8080')
const get: HttpRequest = { method: 'GET', path: '/a?b=%20', wantBody: false }

describe('a request', () => {
  it('is its method, path and host', () => {
    expect(serialize(get).data).toBe('GET /a?b=%20 HTTP/1.1\r\nhost: api.example.com:8080\r\n\r\n')
    expect(serialize({ ...get, method: 'HEAD' }).data).toMatch(/^HEAD /)
  })

  it('is what it was when it is sent again, after any number of others', () => {
    const texts = Array.from({ length: 2500 }, (_, page) => String(serialize({ ...get, path: `/${page % 1250}` }).data))
    expect(texts.map((text) => /^GET (\S+) HTTP/.exec(text)?.[1])).toEqual(
      Array.from({ length: 2500 }, (_, page) => `/${page % 1250}`),
    )
    expect(serialize({ ...get, headers: { accept: 'text/csv' } }).data).toContain('accept: text/csv')
    expect(serialize(get).data).not.toContain('accept')
    expect(() => serialize({ ...get, path: '/a b' })).toThrow('cannot be sent')
  })

  it('carries its body with the type that comes with it, and its length in bytes', () => {
    expect(serialize({ ...get, method: 'POST', body: '{"name":"Zoë"}', bodyType: 'application/json' }).data).toBe(
      'POST /a?b=%20 HTTP/1.1\r\nhost: api.example.com:8080\r\ncontent-type: application/json\r\n' +
        'content-length: 15\r\n\r\n{"name":"Zoë"}',
    )
  })

  it('carries a text as it is, with its length in bytes', () => {
    expect(serialize({ ...get, method: 'POST', body: 'Zoë\r\n' }).data).toBe(
      'POST /a?b=%20 HTTP/1.1\r\nhost: api.example.com:8080\r\ncontent-type: text/plain; charset=utf-8\r\n' +
        'content-length: 6\r\n\r\nZoë\r\n',
    )
  })

  it('carries bytes as they are, whatever they are', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    const { data } = serialize({ ...get, method: 'POST', headers: { 'content-type': 'image/x' }, body: bytes })
    const head =
      'POST /a?b=%20 HTTP/1.1\r\nhost: api.example.com:8080\r\ncontent-type: image/x\r\ncontent-length: 256\r\n\r\n'
    expect(data).toEqual(Buffer.concat([Buffer.from(head), bytes]))
    expect(String(serialize({ ...get, method: 'POST', body: bytes }).data)).toContain('application/octet-stream\r\n')
  })

  it.each(['POST', 'PUT', 'PATCH'] as const)('with %s says that it has no body', (method) => {
    expect(serialize({ ...get, method }).data).toContain('\r\ncontent-length: 0\r\n\r\n')
  })

  it('carries fields of its own, among them another type', () => {
    const headers = { authorization: 'Bearer x', 'Content-Type': 'application/merge-patch+json' }
    expect(serialize({ ...get, method: 'PATCH', headers, body: '{}', bodyType: 'application/json' }).data).toBe(
      'PATCH /a?b=%20 HTTP/1.1\r\nhost: api.example.com:8080\r\nauthorization: Bearer x\r\n' +
        'Content-Type: application/merge-patch+json\r\ncontent-length: 2\r\n\r\n{}',
    )
  })

  it.each(['', 'a', '/a b', '/a\r\n', '/\0', '/ä', '/a#b', 'http://elsewhere/'])('is refused to %j', (path) => {
    expect(() => serialize({ ...get, path })).toThrow(TypeError)
  })

  it.each([
    ['x', 'a\r\nb: c'],
    ['x', 'a\0'],
    ['x', 'ä'],
    ['a b', 'c'],
    ['', 'c'],
    ['a\r\nb', 'c'],
    ['Content-Length', '1'],
    ['Transfer-Encoding', 'chunked'],
    ['connection', 'close'],
    ['host', 'a/b'],
  ])('is refused with the field %j: %j', (name, value) => {
    expect(() => serialize({ ...get, headers: { [name]: value } })).toThrow(TypeError)
  })
})
