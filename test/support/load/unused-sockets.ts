import type { VirtualUser } from '../../../src/lib/ports/scenario.ts'
import type { SocketOpener } from '../../../src/lib/load/clients/http/web-sockets.ts'

/** Sockets of users whose scenario opens none. */
export const noSockets: Pick<VirtualUser, 'connect' | 'receive'> = {
  connect: () => Promise.reject(new Error('nobody was to open a socket')),
  receive: () => Promise.reject(new Error('nobody was to wait at a socket')),
}

/** Opener of runs in which no scenario opens a socket. */
export const noOpener: SocketOpener = {
  open: () => Promise.reject(new Error('nobody was to open a socket')),
  close: async () => {},
}
