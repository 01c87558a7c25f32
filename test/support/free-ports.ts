import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** The first of `count` free ports in a row, below those that the system gives away by itself. */
export async function findPorts(count: number): Promise<number> {
  for (let first = 20_000 + ((process.pid * 10) % 10_000); ; first += count) {
    const found = await Promise.all(Array.from({ length: count }, (_, at) => tryPort(first + at)))
    if (!found.includes(null)) return first
  }
}

/** The port that was listened on; null when another program does. */
export async function tryPort(port: number): Promise<number | null> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  } catch {
    return null
  } finally {
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
  }
}
