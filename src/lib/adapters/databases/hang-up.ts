import type { Socket } from 'node:net'

/**
 * Closes a driver's socket as soon as the server ends its side. A server that hangs up while a file is on its way to it
 * no longer reads: the write would wait for ever, and with it Node's own closing of the socket and the statement.
 */
export function closeWhenServerHangsUp(socket: Socket): void {
  socket.once('end', () => socket.destroy())
}
