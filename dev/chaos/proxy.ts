import { once } from 'node:events'
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net'

/** A way to a server that can be cut off and made slow. */
export interface Proxy {
  /** On the loopback. */
  readonly port: number
  /** Breaks off every connection, and takes none until it is mended. */
  cut(): void
  /** Lets so many bytes a second through, both ways together, until it is mended. */
  throttle(bytesPerSecond: number): void
  mend(): void
  close(): void
}

/** Time between two portions of bytes that were held back, ms. */
const sliceMs = 20

/** Starts a proxy to a port of the loopback. */
export async function startProxy(serverPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  let rate = Infinity
  let allowance = 0
  const waiting = new Set<() => void>()
  const timer = setInterval(() => {
    allowance = Math.min(rate, allowance + (rate * sliceMs) / 1000)
    for (const go of waiting) go()
  }, sliceMs)

  function forward(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      allowance -= chunk.length
      to.write(chunk)
      if (rate === Infinity || allowance > 0) return
      from.pause()
      const go = (): void => {
        if (rate !== Infinity && allowance <= 0) return
        waiting.delete(go)
        from.resume()
      }
      waiting.add(go)
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroySoon()
    })
  }

  const server = createServer({ noDelay: true }, (near) => {
    if (isCut) {
      near.resetAndDestroy()
      return
    }
    const far = createConnection({ host: '127.0.0.1', port: serverPort, noDelay: true })
    for (const socket of [near, far]) sockets.add(socket)
    forward(near, far)
    forward(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of sockets) socket.resetAndDestroy()
    },
    throttle(bytesPerSecond) {
      rate = bytesPerSecond
      allowance = 0
    },
    mend() {
      isCut = false
      rate = Infinity
      for (const go of waiting) go()
    },
    close() {
      clearInterval(timer)
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
