import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'

/** Forwards connections to a server. */
export interface TcpProxy {
  /** On the loopback. */
  readonly port: number
  /** Forwards nothing from now on, but keeps every connection and takes new ones. */
  pause(): void
  /** Forwards what has piled up, and goes on. */
  resume(): void
  /** Breaks off every connection. */
  close(): void
}

type Wire = readonly [near: Socket, far: Socket]

/** Starts a proxy to the server at `host` and `port`, or at the Unix socket that `host` is the path of. */
export async function startTcpProxy(host: string, port: number): Promise<TcpProxy> {
  const wires = new Set<Wire>()
  let paused = false
  // A small message that waits for the answer to the one before would wait for 40 ms.
  const server = createServer({ noDelay: true }, (near) => {
    const wire: Wire = [near, createConnection(host.startsWith('/') ? { path: host } : { host, port, noDelay: true })]
    wires.add(wire)
    join(wire, () => wires.delete(wire))
    if (!paused) forward(wire)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    pause() {
      paused = true
      for (const [near, far] of wires) {
        near.unpipe(far)
        far.unpipe(near)
      }
    },
    resume() {
      paused = false
      for (const wire of wires) forward(wire)
    },
    close() {
      server.close()
      for (const [near, far] of wires) {
        near.destroy()
        far.destroy()
      }
    },
  }
}

function forward([near, far]: Wire): void {
  near.pipe(far)
  far.pipe(near)
}

/** Breaks the one side when the other breaks, once the bytes before it are through. */
function join([near, far]: Wire, onClosed: () => void): void {
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    socket.on('error', () => other.destroy())
    socket.on('close', () => {
      other.end()
      onClosed()
    })
  }
}
