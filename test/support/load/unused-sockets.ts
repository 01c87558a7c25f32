import type { VirtualUser } from '../../../src/lib/ports/scenario.ts'
import type { SocketOpener } from '../../../src/lib/load/clients/http/web-sockets.ts'

/** Sockets and databases of users whose scenario asks for none. */
export const noSockets: Pick<VirtualUser, 'connect' | 'receive' | 'query' | 'command' | 'transaction'> = {
  connect: () => Promise.reject(new Error('nobody was to open a socket')),
  receive: () => Promise.reject(new Error('nobody was to wait at a socket')),
  query: () => Promise.reject(new Error('nobody was to ask a database')),
  command: () => Promise.reject(new Error('nobody was to ask a database')),
  transaction: () => Promise.reject(new Error('nobody was to ask a database')),
}

/** Opener of runs in which no scenario opens a socket. */
export const noOpener: SocketOpener = {
  open: () => Promise.reject(new Error('nobody was to open a socket')),
  close: async () => {},
}
