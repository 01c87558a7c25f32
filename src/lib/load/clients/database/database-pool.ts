import { ignoreFailure } from '../../../base/abort.ts'
import { StatementError } from '../../../base/errors/statement-error.ts'
import type { Clock } from '../../../base/measure/clock.ts'
import type { ClientConnection, DatabaseClient } from '../../../ports/database-client.ts'

/** A connection in the hands of one user. */
export interface PooledConnection {
  readonly connection: ClientConnection
  /** When the request under way was sent, on the clock; Infinity while none is. */
  busySince: number
  /** It was cut off, since its request took longer than the load waits. */
  timedOut: boolean
}

/** Connections of a load, each in the hands of one user at a time. Those who wait get them in the order in which they came. */
export interface DatabasePool {
  /** Opens connections before the clock runs. Throws `StatementError`. */
  open(count: number): Promise<void>
  /** One that nobody uses, or null where all are taken. */
  takeIdle(): PooledConnection | null
  /** One that nobody uses, as soon as there is one. Rejects with `StatementError`, and with null when none came free in time. */
  take(): Promise<PooledConnection>
  give(pooled: PooledConnection): void
  /** Cuts off what is under way. */
  close(): void
}

/** How a pool is made. Times in ms. */
export interface PoolOptions {
  /** Connections at the most. */
  readonly size: number
  /** How long a request may take, and the wait for a connection. */
  readonly timeoutMs: number
  readonly clock: Clock
}

interface Waiter {
  readonly since: number
  readonly resolve: (pooled: PooledConnection) => void
  readonly reject: (error: StatementError | null) => void
}

/** How often it is looked for what takes too long, as a share of the timeout: a timer for each statement would cost more than it. */
const looksInTimeout = 10

/** A pool that opens its connections when they are first needed, and others for those that break. */
export function createDatabasePool(client: DatabaseClient, { size, timeoutMs, clock }: PoolOptions): DatabasePool {
  const idle: PooledConnection[] = []
  const all = new Set<PooledConnection>()
  const waiting: Waiter[] = []
  let opening = 0
  let closed = false
  let stopLooking: (() => void) | null = null

  function look(): void {
    const tooOld = clock.now() - timeoutMs
    for (const pooled of all) {
      if (pooled.busySince > tooOld) continue
      pooled.timedOut = true
      pooled.connection.close()
    }
    while (waiting[0] && waiting[0].since <= tooOld) waiting.shift()?.reject(null)
    stopLooking = clock.schedule(timeoutMs / looksInTimeout, look)
  }

  async function openOne(): Promise<PooledConnection> {
    opening++
    try {
      const pooled = { connection: await client.open(), busySince: Infinity, timedOut: false }
      if (closed) {
        pooled.connection.close()
        throw cutOff()
      }
      all.add(pooled)
      stopLooking ??= clock.schedule(timeoutMs / looksInTimeout, look)
      return pooled
    } finally {
      opening--
    }
  }

  /** Opens a connection for the first who waits, if there may be one more. */
  function openForWaiting(): void {
    if (closed || waiting.length <= opening || all.size + opening >= size) return
    void openOne().then(give, (error: unknown) => waiting.shift()?.reject(error as StatementError))
  }

  function give(pooled: PooledConnection): void {
    pooled.busySince = Infinity
    if (!pooled.connection.isUsable || pooled.timedOut) {
      all.delete(pooled)
      pooled.connection.close()
      return openForWaiting()
    }
    const next = waiting.shift()
    if (next) next.resolve(pooled)
    else idle.push(pooled)
  }

  return {
    async open(count) {
      const opened = Array.from({ length: Math.min(count, size) - all.size }, openOne)
      await Promise.allSettled(opened)
      for (const one of opened) idle.push(await one)
    },
    takeIdle() {
      for (let pooled = idle.pop(); pooled; pooled = idle.pop()) {
        if (pooled.connection.isUsable) return pooled
        give(pooled)
      }
      return null
    },
    take: () =>
      new Promise((resolve, reject) => {
        if (closed) return reject(cutOff())
        waiting.push({ since: clock.now(), resolve, reject })
        openForWaiting()
      }),
    give,
    close() {
      closed = true
      stopLooking?.()
      for (const { connection } of all) connection.close()
      for (const { reject } of waiting.splice(0)) reject(cutOff())
      void ignoreFailure(Promise.resolve(client[Symbol.asyncDispose]()))
    },
  }
}

function cutOff(): StatementError {
  return new StatementError('lost', 'cut off', 'cut off at the end of the run')
}
