import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that is a WebSocket as far as the server knows, and does nothing by itself: it answers neither pings nor closings. */
export async function upgrade(origin: string, protocol = 'graphql-transport-ws'): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const head = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
  const key = `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocol}\r\n`
  socket.write(`GET /graphql HTTP/1.1\r\nHost: x\r\n${head}${key}\r\n`)
  await once(socket, 'data')
  return socket
}

/** Kinds of frames. */
export const opcodes = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame as a client sends it, masked. */
export function frame(opcode: number, payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload)
  const mask = randomBytes(4)
  for (let at = 0; at < bytes.length; at++) bytes[at] = bytes[at]! ^ mask[at % 4]!
  const length =
    bytes.length < 126
      ? Buffer.from([0x80 | bytes.length])
      : Buffer.concat([Buffer.from([0x80 | 126]), Buffer.from([bytes.length >> 8, bytes.length & 255])])
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, bytes])
}
