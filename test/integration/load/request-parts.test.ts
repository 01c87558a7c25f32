import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../../src/lib/ports/http-client.ts'
import { createSocketClient } from '../../../src/lib/load/clients/http/socket-client.ts'
import { startServer } from '../../support/http/local-server.ts'

const get: HttpRequest = { method: 'GET', path: '/', wantBody: true }

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** A server, by its host and port. */
async function serve(listener: RequestListener): Promise<string> {
  return new URL(await startServer(listener)).host
}

describe('requests', () => {
  const clientOf = (target: string) => {
    const client = createSocketClient(target, 5000)
    cleanUps.push(() => client.close())
    return client
  }

  it('go to the path of the target, with its user and password, unless they have an authorization themselves', async () => {
    const host = await serve((request, response) => {
      const { url, headers } = request
      response.end([url, headers.authorization, headers.host, headers['x']].join(' '))
    })
    const client = clientOf(`http://us%20er:p%3Aw@${host}/api/v1/`)
    const ask = async (headers?: HttpRequest['headers']) =>
      String((await client.request({ ...get, path: '/ok?a=b', ...(headers ? { headers } : {}) })).body)
    const basic = `Basic ${Buffer.from('us er:p:w').toString('base64')}`
    expect(await ask()).toBe(`/api/v1/ok?a=b ${basic} ${host} `)
    expect(await ask({ Authorization: 'Bearer x' })).toBe(`/api/v1/ok?a=b Bearer x ${host} `)
    expect(await ask({ host: 'shop.example', x: ['1', '2'] })).toBe(`/api/v1/ok?a=b ${basic} shop.example 1, 2`)
  })

  it('send two values of one name as two fields, cookies as one', async () => {
    const host = await serve((request, response) => void response.end(request.rawHeaders.join('|')))
    const client = clientOf(`http://${host}`)
    const { body } = await client.request({
      ...get,
      headers: [
        ['x', '1'],
        ['Cookie', 'a=1'],
        ['x', '2'],
        ['cookie', 'b=2'],
      ],
    })
    expect(String(body)).toContain('x|1|Cookie|a=1; b=2|x|2')
  })
})
