import { describe, expect, it } from 'vitest'
import { startServer } from '../../support/http/local-server.ts'
import { createHttpClients } from '../../../src/lib/load/clients/http/socket-client.ts'

async function startNamed(name: string) {
  let requests = 0
  const origin = await startServer((_request, response) => {
    requests++
    response.end(name)
  })
  return { origin, requests: () => requests }
}

describe('createHttpClients', () => {
  it('asks all replicas in turn', async () => {
    const servers = await Promise.all(['a', 'b', 'c'].map(startNamed))
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
  })
})
