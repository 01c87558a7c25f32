import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  closesConnection,
  readFixedRequest,
  createStatusJudge,
  readExpected,
} from '../../../../src/lib/load/clients/fixed-request.ts'

const read = (line: string, headers: readonly string[] = [], body?: string, expected?: string) =>
  readFixedRequest({ line, headers, body, expect: expected })

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

describe('readFixedRequest', () => {
  it('reads method and path; GET is what goes without saying', async () => {
    expect(await read('delete /seats/7?a=b%20c')).toMatchObject({ method: 'DELETE', path: '/seats/7?a=b%20c' })
    const { method, path, headers, body } = await read('/calendar')
    expect([method, path, headers, body.length]).toEqual(['GET', '/calendar', [], 0])
  })

  it.each(['OPTIONS', 'options', 'TRACE', 'PROPFIND', 'M-SEARCH', 'head'])('takes the method %s', async (method) => {
    expect((await read(`${method} /`)).method).toBe(method.toUpperCase())
  })

  it('takes a body for JSON unless a header says otherwise', async () => {
    const json = await read('POST /a', ['Authorization:  Bearer a:b '], '{"a":"é"}')
    expect(json.headers).toEqual([
      ['content-type', 'application/json'],
      ['Authorization', 'Bearer a:b'],
    ])
    expect(textOf(json.body)).toBe('{"a":"é"}')
    expect((await read('POST /a', ['CONTENT-TYPE: text/plain'], 'hello')).headers).toEqual([
      ['CONTENT-TYPE', 'text/plain'],
    ])
  })

  it('keeps headers of one name, in order', async () => {
    expect((await read('GET /', ['Cookie: a=1', 'X: y', 'cookie: b=2'])).headers).toEqual([
      ['Cookie', 'a=1'],
      ['X', 'y'],
      ['cookie', 'b=2'],
    ])
  })

  it('reads a body from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rushbench-'))
    try {
      const file = join(folder, 'body')
      await writeFile(file, Buffer.from([0, 255, 10]))
      expect([...(await read('POST /a', [], `@${file}`)).body]).toEqual([0, 255, 10])
      await expect(read('POST /a', [], `@${file}.none`)).rejects.toThrow(/The body .*\.none cannot be read: ENOENT/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each(['', 'BREW /pot', 'CONNECT /', 'GET', 'GET http://elsewhere/', 'GET /a b', 'GET /a\r\nx: y'])(
    'refuses %j',
    async (line) => {
      await expect(read(line)).rejects.toMatchObject({ code: 'usage-wrong' })
    },
  )

  it.each(['', 'no colon', ': value', 'a b: c', 'a: b\r\nc: d'])('refuses the header %j', async (header) => {
    await expect(read('GET /', [header])).rejects.toMatchObject({ code: 'usage-wrong' })
  })

  it('keeps the value of a header that it refuses to itself', async () => {
    await expect(read('GET /', ['Authorization: hidden\u0007'])).rejects.toThrow('"Authorization: ***"')
  })

  it.each([
    [['Content-Length: 3']],
    [['transfer-encoding: chunked']],
    [['Upgrade: websocket']],
    [['Expect: 100-continue']],
    [['Proxy-Connection: close']],
    [['trailer: expires']],
    [['Connection: upgrade']],
    [['Connection: close', 'connection: keep-alive']],
    [['Host: a', 'host: b']],
    [['Host: a b']],
    [['Host:']],
  ])('refuses %j, which would contradict what the client says', async (headers) => {
    await expect(read('GET /', headers)).rejects.toMatchObject({ code: 'usage-wrong' })
  })

  it('lets a request ask for a connection of its own', async () => {
    expect(closesConnection(await read('GET /', ['Connection: Close']))).toBe(true)
    expect(closesConnection(await read('GET /', ['Connection: keep-alive']))).toBe(false)
  })
})

describe('statuses that are right', () => {
  const judged = (expected: string, ...statuses: number[]) => statuses.map(createStatusJudge(readExpected(expected)))

  it('are successes and 304 unless it is said', async () => {
    const judge = createStatusJudge((await read('GET /')).expect)
    expect([200, 204, 299, 304].map(judge)).toEqual([null, null, null, null])
    expect([301, 302, 404, 503].map(judge)).toEqual(['status 301', 'status 302', 'status 404', 'status 503'])
  })

  it('are those that are given, and no others', () => {
    expect(judged('200, 304', 200, 304, 201)).toEqual([null, null, 'status 201'])
    expect(judged('2XX,409', 201, 409, 404)).toEqual([null, null, 'status 404'])
  })

  it.each(['', '20', '2x', 'ok', '200;304', '100', '1xx', '600', '200,'])('cannot be %j', (text) => {
    expect(() => readExpected(text)).toThrow('--expect cannot be')
  })
})
