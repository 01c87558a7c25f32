import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A way to a server, which can be cut. */
export interface Wire extends AsyncDisposable {
  /** Leads to the server over the wire. */
  readonly url: string
  /** Breaks off all connections, and takes no others. */
  cut(): void
}

/** Lays a wire to the server that `url` names. */
export async function openWire(url: string): Promise<Wire> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = createConnection({ host: target.hostname, port: Number(target.port) })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const wired = new URL(url)
  wired.port = String(port)
  const cut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: wired.toString(), cut, [Symbol.asyncDispose]: async () => cut() }
}
