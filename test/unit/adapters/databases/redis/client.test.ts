import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { connectRedisClient } from '../../../../../src/lib/adapters/databases/redis/client.ts'
import { readRedisUrl } from '../../../../../src/lib/adapters/databases/redis/url.ts'

it('gives up a server that takes connections and answers nothing, as one that was stopped does', async () => {
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = readRedisUrl(`redis://127.0.0.1:${port}`)
  await expect(connectRedisClient(url, { longestPauseMs: 100, greetsWithinMs: 200 })).rejects.toThrow(
    'it took the connection, and did not answer within 0.2 s',
  )
  for (const socket of sockets) socket.destroy()
  server.close()
})
