import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startTcpProxy, type TcpProxy } from '../../../../src/lib/adapters/databases/tcp-proxy.ts'

describe('a proxy', () => {
  /** Says back what it hears. */
  const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  const clients: Socket[] = []
  let proxy: TcpProxy

  beforeEach(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    proxy = await startTcpProxy('127.0.0.1', (server.address() as AddressInfo).port)
  })

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    proxy.close()
    server.close()
    await once(server, 'close')
  })

  async function connect(port = proxy.port) {
    const socket = createConnection({ host: '127.0.0.1', port })
    clients.push(socket)
    let heard = ''
    socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
    await once(socket, 'connect')
    return { socket, say: (text: string) => void socket.write(text), heard: () => heard }
  }

  it('forwards both ways, and the end of both sides', async () => {
    const { socket, say, heard } = await connect()
    say('hello')
    await expect.poll(heard).toBe('hello')
    socket.end()
    await once(socket, 'close')
  })

  it('holds back what comes while it is paused, on new connections too, and forwards it then', async () => {
    const old = await connect()
    old.say('1')
    await expect.poll(old.heard).toBe('1')
    proxy.pause()
    const fresh = await connect()
    old.say('2')
    fresh.say('3')
    // As long as others take to say so much more, past the proxy.
    const direct = await connect((server.address() as AddressInfo).port)
    for (let length = 1; length <= 20; length++) {
      direct.say('x')
      await expect.poll(() => direct.heard().length, { interval: 1 }).toBe(length)
    }
    expect([old.heard(), fresh.heard()]).toEqual(['1', ''])
    proxy.resume()
    await expect.poll(() => [old.heard(), fresh.heard()]).toEqual(['12', '3'])
  })

  it('breaks off its clients when there is no server', async () => {
    const none = await startTcpProxy('127.0.0.1', 1)
    const { socket } = await connect(none.port)
    await once(socket, 'close')
    none.close()
  })
})
