import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findServer } from '../../../../src/lib/adapters/databases/postgres/servers.ts'
import { readPostgresUrl } from '../../../../src/lib/adapters/databases/postgres/url.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'

describe('connecting to servers that take connections and say nothing', () => {
  let server: Server
  let place: string
  const open = new Set<Socket>()
  let connections = 0

  beforeEach(async () => {
    connections = 0
    server = createServer((socket) => {
      connections++
      open.add(socket.on('error', () => {}))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    place = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })

  it.each(['postgres', 'mysql', 'mongodb', 'redis'])('ends at once when it is told to, on %s', async (scheme) => {
    const stop = new AbortController()
    const url = `${scheme}://user:secret@${place}/1`
    const ended = connectDatabase(url, { poolSize: 1, signal: stop.signal }).catch((error: unknown) => error)
    await once(server, 'connection')
    const toldAt = performance.now()
    stop.abort()
    expect(await ended).toMatchObject({ code: 'interrupted', exitCode: 130 })
    expect(performance.now() - toldAt).toBeLessThan(1000)
  })

  it('does not begin where it was told to end before', async () => {
    const options = { poolSize: 1, signal: AbortSignal.abort() }
    await expect(connectDatabase(`postgres://${place}/x`, options)).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('tries no further server of a list once the time is over', async () => {
    const url = readPostgresUrl(`postgres://${Array.from({ length: 16 }, () => place).join()}/x?sslmode=disable`)
    const client = { ...url.client, connectionTimeoutMillis: 100 }
    await expect(findServer(url, client, 800)).rejects.toThrow('timeout')
    // One in 100 ms or more.
    expect(connections).toBeGreaterThan(1)
    expect(connections).toBeLessThan(10)
  })
})
