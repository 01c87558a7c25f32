import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createErrorFormatter } from '../../../../src/lib/workloads/meetups/gateway/errors.ts'
import type { Operations } from '../../../../src/lib/workloads/meetups/gateway/operations.ts'
import { defaultServerLimits, type ServerLimits } from '../../../../src/lib/workloads/meetups/gateway/sockets/limits.ts'
import { serveSockets, type Sockets } from '../../../../src/lib/workloads/meetups/gateway/sockets/server.ts'
import { frame, opcodes, upgrade } from '../../../support/http/raw-web-socket.ts'

let server: Server
let origin: string
/** Answers that were asked of a subscription which has ever more of them. */
let taken = 0
let ended = 0

const operations: Pick<Operations, 'subscribe'> = {
  async subscribe() {
    return (async function* () {
      try {
        for (;;) {
          taken++
          yield { data: 'x'.repeat(10_000) }
        }
      } finally {
        ended++
      }
    })()
  },
}

beforeEach(async () => {
  taken = 0
  ended = 0
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => server.close())

function serve(limits: Partial<ServerLimits>): Sockets {
  const contextOf = () => ({ requireViewer: async () => 'somebody' }) as never
  const format = createErrorFormatter(() => {})
  return serveSockets(
    server,
    { operations: operations as Operations, format, contextOf },
    { ...defaultServerLimits, ...limits },
  )
}

async function subscribe(count: number) {
  const socket = await upgrade(origin)
  const send = (message: object) => socket.write(frame(opcodes.text, JSON.stringify(message)))
  send({ type: 'connection_init' })
  for (let n = 0; n < count; n++) send({ type: 'subscribe', id: String(n), payload: { query: 'x' } })
  return socket
}

it('asks for no more than the other side reads, and ends one that never does', async () => {
  const sockets = serve({ pingMs: 300 })
  const socket = (await subscribe(1)).pause()
  // What the two systems hold back for a connection on one machine is some MB.
  await expect.poll(() => ended).toBe(1)
  expect(taken).toBeLessThan(5000)
  await expect.poll(() => [sockets.open, sockets.subscriptions]).toEqual([0, 0])
  socket.destroy()
  await sockets.close()
})

it('ends one that is told more than it reads by all of its subscriptions together', async () => {
  const sockets = serve({ pingMs: 60_000, maxBufferedBytes: 200_000 })
  const socket = (await subscribe(50)).pause()
  await expect.poll(() => ended).toBe(50)
  await expect.poll(() => [sockets.open, sockets.subscriptions]).toEqual([0, 0])
  socket.destroy()
  await sockets.close()
})

it('takes no more sockets than it may', async () => {
  const sockets = serve({ maxSockets: 2 })
  const open = [await upgrade(origin), await upgrade(origin)]
  const third = await upgrade(origin)
  await once(third, 'close')
  expect(sockets.open).toBe(2)
  for (const socket of open) socket.destroy()
  await expect.poll(() => sockets.open).toBe(0)
  await sockets.close()
})
