import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createSocketClient } from '../../../src/lib/load/clients/http/socket-client.ts'
import type { HttpClient, HttpRequest } from '../../../src/lib/ports/http-client.ts'
import { realClock, type Clock } from '../../../src/lib/base/measure/clock.ts'
import { createCertificate } from '../../support/certificate.ts'

const get: HttpRequest = { method: 'GET', path: '/', wantBody: true }
const trusted = createCertificate()
const cleanUps: (() => unknown)[] = []

beforeAll(() => setDefaultCACertificates([...getCACertificates('default'), trusted.cert]))
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** What a client makes of a server, and what that saw. */
interface Line {
  readonly client: HttpClient
  /** As they shook hands. */
  readonly sockets: readonly TLSSocket[]
}

/** A server that keeps its connections. */
async function open(certificate = trusted, host = '127.0.0.1', clock: Clock = realClock): Promise<Line> {
  const sockets: TLSSocket[] = []
  const server = createServer({ ...certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (_request, response) =>
    response.end('ok'),
  )
  server.keepAliveTimeout = 0
  server.on('secureConnection', (socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(() => (server.closeAllConnections(), server.close()))
  const client = createSocketClient(`https://${host}:${(server.address() as AddressInfo).port}`, 5000, clock)
  cleanUps.push(() => client.close())
  return { client, sockets }
}

describe('over TLS', () => {
  it('one handshake is enough for GETs, HEADs and long pauses', async () => {
    let ahead = 0
    const clock: Clock = { now: () => realClock.now() + ahead, schedule: realClock.schedule }
    const { client, sockets } = await open(trusted, '127.0.0.1', clock)
    for (const method of ['GET', 'HEAD', 'POST', 'HEAD', 'DELETE'] as const) {
      expect(await client.request({ ...get, method })).toMatchObject({ status: 200, reason: null })
      ahead += 60_000
    }
    expect(sockets).toHaveLength(1)
  })

  it('the server is told the name and the protocol', async () => {
    const { client, sockets } = await open(trusted, 'localhost')
    expect(await client.request(get)).toMatchObject({ status: 200, body: Buffer.from('ok') })
    expect(sockets.map(({ servername, alpnProtocol }) => [servername, alpnProtocol])).toEqual([
      ['localhost', 'http/1.1'],
    ])
  })

  it('a connection in place of one that closed resumes its session, others shake hands in full', async () => {
    const { client, sockets } = await open()
    await Promise.all([client.request(get), client.request(get)])
    expect(sockets.map((socket) => socket.isSessionReused())).toEqual([false, false])
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const answers = await Promise.all([client.request(get), client.request(get), client.request(get)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(sockets.slice(2).filter((socket) => socket.isSessionReused())).toHaveLength(2)
  })

  it('a request that found its connection closed is sent again', async () => {
    const { client, sockets } = await open()
    await client.request(get)
    sockets[0]?.destroy()
    expect(await client.request(get)).toMatchObject({ status: 200, reason: null, reconnected: true })
    expect(sockets).toHaveLength(2)
  })

  it.each([
    ['nobody vouches for', createCertificate('IP:127.0.0.1'), 'DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['is of another host', createCertificate('DNS:example.org'), 'ERR_TLS_CERT_ALTNAME_INVALID', true],
  ])('nothing is sent to a server whose certificate %s', async (_what, certificate, code, isTrusted) => {
    if (isTrusted) setDefaultCACertificates([...getCACertificates('default'), certificate.cert])
    const { client } = await open(certificate)
    expect(await client.request(get)).toMatchObject({
      status: 0,
      reason: `certificate refused: ${code}`,
      maybeExecuted: false,
    })
  })

  it('a server that speaks no TLS is said to', async () => {
    const { createServer: createPlain } = await import('node:http')
    const server = createPlain((_request, response) => response.end('ok')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanUps.push(() => server.close())
    const client = createSocketClient(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, 5000)
    cleanUps.push(() => client.close())
    const { reason, maybeExecuted } = await client.request(get)
    expect(reason).toMatch(/^TLS failed: /)
    expect(maybeExecuted).toBe(false)
  })
})
