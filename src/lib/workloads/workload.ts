import type { AnyTable, Database } from '../databases/port.ts'
import type { Ledger, Scenario } from '../load/scenario.ts'
import type { Cache } from '../cache/cache.ts'

/** How far a long step has come. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** What an API is built from. */
export interface Parts {
  readonly database: Database
  readonly cache: Cache
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Told of every error that a client only sees as a 500. */
  readonly onError: (error: Error) => void
}

/** An API that listens. */
export interface RunningServer {
  /** `http://host:port` */
  readonly origin: string
  /** Breaks off every client's connection, whatever is under way on it; how many there were. */
  dropConnections(): Promise<number>
  /** Stops listening, finishes what is in flight. */
  close(): Promise<void>
}

/** One way in which the database does not hold what was promised. */
export interface Violation {
  readonly kind: 'lost' | 'duplicate' | 'oversold' | 'unknown-committed'
  /** The booking or the slot concerned. */
  readonly key: string
  readonly detail: string
}

/** One built-in system: its tables, its data, its API server, its traffic and its invariants. */
export interface Workload<Options extends object = object> {
  readonly name: string
  readonly summary: string
  /** Parents before children. */
  readonly tables: readonly AnyTable[]
  /** The steady rate of requests that one user makes when every answer is instant, per second. */
  readonly idealRatePerUser: number
  /** What the system that this workload is taken from achieved, to be printed beside our figures. */
  readonly originals: { readonly load: string; readonly insertBench: string }
  /** Adds what the API needs to be used, and is missing. */
  seed(database: Database, options: Options, signal?: AbortSignal): AsyncIterable<Progress & { readonly added: number }>
  serve(parts: Parts, options: Options): Promise<RunningServer>
  /** `runId` sets this run's bookings apart from every other's. */
  scenarios(options: Options, runId: string): readonly Scenario[]
  audit(database: Database, ledger: Ledger): AsyncIterable<Violation>
}
