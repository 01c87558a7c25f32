/** Bounds of each socket. Times in ms. */
export interface SocketLimits {
  /** From the connection to `connection_init`. */
  readonly initMs: number
  /** Between two looks whether the other side is there. */
  readonly pingMs: number
  /** Subscriptions of a socket, those that end among them. */
  readonly maxSubscriptions: number
  /** Bytes that the other side has not read yet. */
  readonly maxBufferedBytes: number
  readonly messagesAtOnce: number
  readonly messagesPerSecond: number
}

/** Bounds of each socket, and of all of them together. */
export interface ServerLimits extends SocketLimits {
  /** From a closing to the end of the connection, whether the other side responds or not. */
  readonly closingMs: number
  readonly maxMessageBytes: number
  readonly maxSockets: number
  readonly maxSubscriptionsOfAccount: number
}

/** Bounds for a process that serves thousands of people with one or two sockets each. */
export const defaultServerLimits: ServerLimits = {
  initMs: 5000,
  pingMs: 15_000,
  maxSubscriptions: 100,
  maxBufferedBytes: 1024 * 1024,
  messagesAtOnce: 500,
  messagesPerSecond: 50,
  closingMs: 1000,
  maxMessageBytes: 64 * 1024,
  maxSockets: 10_000,
  maxSubscriptionsOfAccount: 200,
}

/** Counts what each account has under way. */
export interface Slots {
  /** Takes one more; what is returned gives it back, once. Null where the account has as many as it may. */
  take(account: string): (() => void) | null
  /** How many are under way, of all accounts. */
  readonly taken: number
}

/** Slots of which each account has `most`. */
export function createSlots(most: number): Slots {
  const counts = new Map<string, number>()
  let taken = 0
  return {
    take(account) {
      const count = counts.get(account) ?? 0
      if (count >= most) return null
      counts.set(account, count + 1)
      taken++
      let isBack = false
      return () => {
        if (isBack) return
        isBack = true
        taken--
        const now = (counts.get(account) ?? 1) - 1
        if (now === 0) counts.delete(account)
        else counts.set(account, now)
      }
    },
    get taken() {
      return taken
    },
  }
}
