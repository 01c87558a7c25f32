import type { Socket, SocketRequest } from '../../ports/scenario.ts'

/** A socket, or why there is none. */
export type Opened =
  | { readonly socket: Socket; readonly reason: null }
  | { readonly socket: null; readonly reason: string }

/** Opens WebSockets. */
export interface SocketOpener {
  /** Never rejects for what the server does; rejects with ScenarioMistake for a path that there cannot be. */
  open(request: Omit<SocketRequest, 'step'>): Promise<Opened>
  /** Loads what it opens them with, which takes time that is nobody's latency. */
  load?(): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}
