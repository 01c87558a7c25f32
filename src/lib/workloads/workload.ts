import type { AnyTable, Database } from '../databases/port.ts'
import type { LedgerEntries, Scenario } from '../load/scenario.ts'
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

/** How a long step is followed, and ended early. */
export interface Watch {
  readonly onProgress: (progress: Progress) => void
  /** Its reason is thrown once it aborts. */
  readonly signal: AbortSignal
}

/** A load run that is over. */
export interface FinishedRun {
  /** Part of all its bookings' names. */
  readonly id: string
  /** Before its first booking, and after its last. */
  readonly startedAt: Date
  readonly finishedAt: Date
}

/** What an original achieved in one run; latencies in ms, failures as a share of 1, null where it does not say. */
export interface OriginalFigures {
  readonly rps: number
  readonly failures: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
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
  readonly originals: {
    readonly load: string
    readonly insertBench: string
    readonly cacheExperiment: Readonly<Record<'without' | 'with', OriginalFigures>>
  }
  /** Adds what the API needs to be used, and is missing. */
  seed(database: Database, options: Options, signal?: AbortSignal): AsyncIterable<Progress & { readonly added: number }>
  serve(parts: Parts, options: Options): Promise<RunningServer>
  /** `runId` sets this run's bookings apart from every other's. */
  scenarios(options: Options, runId: string): readonly Scenario[]
  /** Holds the ledger and the invariants against the database, which it only reads. */
  audit(database: Database, ledger: LedgerEntries, watch: Watch): AsyncIterable<Violation>
  /** Takes back what one run booked, as if it had not been; how many bookings that were. */
  withdraw(database: Database, run: FinishedRun): Promise<number>
}
