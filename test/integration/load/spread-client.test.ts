import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createHttpClients } from '../../../src/lib/load/http/client.ts'

async function startServer(name: string) {
  let requests = 0
  const server = createServer((_request, response) => {
    requests++
    response.end(name)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, requests: () => requests, close: () => server.close() }
}

describe('createHttpClients', () => {
  it('asks all replicas in turn', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(startServer))
    const client = createHttpClients(
      servers.map(({ origin }) => origin),
      5000,
    )
    const bodies: string[] = []
    for (let times = 0; times < 7; times++) {
      const { body } = await client.request({ method: 'GET', path: '/', wantBody: true })
      bodies.push(body.toString())
    }
    expect(bodies.join('')).toBe('abcabca')
    expect(servers.map(({ requests }) => requests())).toEqual([3, 2, 2])
    await client.close()
    for (const server of servers) server.close()
  })
})
