import { fastify } from 'fastify'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { listen } from '../../../../../src/lib/workloads/shared/http/listen.ts'

it('breaks off every connection, also one that is a WebSocket by now, and says how many there were', async () => {
  const app = fastify({ forceCloseConnections: 'idle' })
  app.get('/', async () => 'here')
  app.server.on('upgrade', (_request, socket: Socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: test\r\nConnection: Upgrade\r\n\r\n')
  })
  const server = await listen(app, { host: '127.0.0.1', port: 0 })

  /** A connection whose first request was answered. */
  async function open(headers: string): Promise<Socket> {
    const socket = connect(Number(new URL(server.origin).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`)
    await once(socket, 'data')
    return socket.resume()
  }

  const sockets = [await open(''), await open('Upgrade: test\r\nConnection: Upgrade\r\n')]
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')))
  expect(await server.dropConnections()).toBe(2)
  await closed
  expect(await server.dropConnections()).toBe(0)
  // It goes on.
  expect(await (await fetch(server.origin)).text()).toBe('here')
  await server.close()
})
