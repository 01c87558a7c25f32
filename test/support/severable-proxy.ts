import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy in front of a server, whose connections a test can break off. */
export interface SeverableProxy extends AsyncDisposable {
  /** Leads to the server through the proxy. */
  readonly url: string
  /** Breaks off all connections and accepts no more. */
  cut(): void
  /** Accepts connections again. */
  mend(): Promise<void>
}

/** Starts a proxy in front of the server that `url` names. */
export async function openSeverableProxy(url: string): Promise<SeverableProxy> {
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
  const listen = async (at: number): Promise<void> => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as { port: number }
  const through = new URL(url)
  through.port = String(port)
  const cut = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  return { url: through.toString(), cut, mend: () => listen(port), [Symbol.asyncDispose]: async () => cut() }
}
