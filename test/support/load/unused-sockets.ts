import type { SocketOpener } from '../../../src/lib/load/clients/socket-opener.ts'
import type { VirtualUser } from '../../../src/lib/ports/scenario.ts'

/** Of users whose scenario opens no socket. */
export const noSockets: Pick<VirtualUser, 'connect' | 'receive'> = {
  connect: () => Promise.reject(new Error('nobody was to open a socket')),
  receive: () => Promise.reject(new Error('nobody was to wait at a socket')),
}

/** Of runs in which nobody does. */
export const noOpener: SocketOpener = {
  open: () => Promise.reject(new Error('nobody was to open a socket')),
  close: async () => {},
}
