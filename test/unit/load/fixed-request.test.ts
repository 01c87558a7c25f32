import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readFixedRequest } from '../../../src/lib/load/fixed-request.ts'

const read = (line: string, headers: readonly string[] = [], body?: string) => readFixedRequest({ line, headers, body })

describe('readFixedRequest', () => {
  it('reads method and path; GET is what goes without saying', async () => {
    expect(await read('delete /seats/7?a=b%20c')).toMatchObject({ method: 'DELETE', path: '/seats/7?a=b%20c' })
    const { method, path, headers, body } = await read('/calendar')
    expect([method, path, headers, body.length]).toEqual(['GET', '/calendar', {}, 0])
  })

  it('takes a body for JSON unless a header says otherwise', async () => {
    const json = await read('POST /a', ['Authorization:  Bearer a:b '], '{"a":"é"}')
    expect(json.headers).toEqual({ 'content-type': 'application/json', authorization: 'Bearer a:b' })
    expect(json.body.toString()).toBe('{"a":"é"}')
    expect((await read('POST /a', ['Content-Type: text/plain'], 'hello')).headers).toEqual({
      'content-type': 'text/plain',
    })
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

  it.each(['', 'BREW /pot', 'GET', 'GET http://elsewhere/', 'GET /a b', 'GET /a\r\nx: y'])(
    'refuses %j',
    async (line) => {
      await expect(read(line)).rejects.toMatchObject({ code: 'usage-wrong' })
    },
  )

  it.each(['', 'no colon', ': value', 'a b: c', 'a: b\r\nc: d'])('refuses the header %j', async (header) => {
    await expect(read('GET /', [header])).rejects.toMatchObject({ code: 'usage-wrong' })
  })
})
