import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection of a client that need not keep to HTTP. */
export interface RawClient extends Disposable {
  readonly socket: Socket
  /** Received bytes so far, a character each. */
  readonly received: string
  /** Resolves when the server has ended the connection. */
  readonly closed: Promise<void>
}

/** Connects to a server, and sends that, a character a byte. */
export async function openRaw(origin: string, text = ''): Promise<RawClient> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.on('error', () => {})
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  if (text !== '') socket.write(text, 'latin1')
  return {
    socket,
    closed,
    get received() {
      return received
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}

/** An answer that came on a raw connection. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends that, and gives the answer after which the server ends the connection. */
export async function askRaw(origin: string, text: string): Promise<RawAnswer> {
  using client = await openRaw(origin, text)
  await client.closed
  return readRaw(client.received)
}

/** The first answer in that text, with all that follows as its body. */
export function readRaw(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { status: Number(first.split(' ')[1]), headers, body: text.slice(end + 4) }
}
