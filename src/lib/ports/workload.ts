import type { Broker } from './broker.ts'
import type { Cache } from './cache.ts'
import type { AnyTable, Database } from './database.ts'
import type { DatabaseClient } from './database-client.ts'
import type { MigrationStep } from './migration.ts'
import type { LedgerEntries, Outcome, Scenario } from './scenario.ts'
import type { TransactionHistory } from './transaction-history.ts'
import type { PubSub } from './pubsub.ts'
import type { Progress, Watch } from '../base/progress.ts'

/** The services that an API is built from. All but the database are opened when first asked for, and closed by their giver. */
export interface Services {
  readonly database: Database
  readonly openCache: () => Promise<Cache>
  readonly openBroker: () => Promise<Broker>
  /** Through the Redis of the cache; within this process where the cache is none or in memory. */
  readonly openPubSub: () => Promise<PubSub>
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Told of every error that a client only sees as a 500, or that nobody sees. */
  readonly onError: (error: Error) => void
  /** After how many ms connections are ended that are still open when the API closes. */
  readonly shutdownTimeout?: number | undefined
  /** The port of `/metrics`, 0 being any free one; that of the API unless it is given. */
  readonly metricsPort?: number | undefined
  /** The Bearer token without which `/metrics` is refused; none unless it is given. */
  readonly metricsToken?: string | undefined
  /** Origins whose pages may use the API, or `*`; none unless given. */
  readonly cors?: readonly string[] | undefined
}

/** An API that listens. */
export interface RunningServer {
  /** `http://host:port` */
  readonly origin: string
  /** Where its metrics are, unless that is beside it. */
  readonly metricsOrigin?: string
  /** Names and addresses of parts that listen in this process as well, for people. */
  readonly parts?: readonly string[]
  /** Only other processes of the workload talk to it. */
  readonly isInternal?: true
  /** Breaks off every client's connection, whatever is under way on it; how many there were. */
  dropConnections(): Promise<number>
  /** Stops listening, and finishes what is in flight, for as long as `shutdownTimeout` says. */
  close(): Promise<void>
}

/** One way in which the data is not what was promised. */
export interface Violation {
  /**
   * `inconsistent`: rows, messages or copies of them that contradict each other. `refused-committed`: stored, though the
   * API said that it was not.
   */
  readonly kind:
    | 'lost'
    | 'duplicate'
    | 'oversold'
    | 'wrong-stock'
    | 'inconsistent'
    | 'refused-committed'
    | 'unknown-committed'
  /** The thing concerned: a booking, a slot, a receipt. */
  readonly key: string
  readonly detail: string
}

/** Everything that an audit reads, and only reads. The broker is closed by its giver. */
export interface AuditInput {
  readonly database: Database
  readonly ledger: LedgerEntries
  readonly openBroker: () => Promise<Broker>
  /** For sums that the database is asked for in SQL. */
  readonly openDatabaseClient: () => Promise<DatabaseClient>
}

/** Everything that an inspection reads, with the origin of every replica. */
export interface Inspection extends Omit<AuditInput, 'ledger' | 'openDatabaseClient'> {
  readonly origins: readonly string[]
}

/** A load run that is over. */
export interface FinishedRun {
  /** Part of all its bookings' names. */
  readonly id: string
  /** Before its first booking, and after its last. */
  readonly startedAt: Date
  readonly finishedAt: Date
}

/** The figures of an original in one run; latencies in ms, failures as a share of 1, null where it does not say. */
export interface OriginalFigures {
  readonly rps: number
  readonly failures: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

/** Makes the same run without and with the cache comparable. */
export interface CacheTrial {
  readonly originals: Readonly<Record<'without' | 'with', OriginalFigures>>
  /** Takes back what one run booked, as if it had not been; how many bookings that were. */
  withdraw(database: Database, run: FinishedRun): Promise<number>
}

/** How far a seeding is, and how much of it was not there before. */
export interface SeedProgress extends Progress {
  readonly added: number
}

/** A load as its clients saw it, of which a workload makes figures of its own. */
export interface MeasuredRun {
  /** `rps`: of those that ended in the time of the run. */
  readonly steps: readonly {
    readonly name: string
    readonly requests: number
    readonly failures: number
    readonly rps: number
  }[]
  /** Attempts in the ledger, by what became of them. */
  readonly outcomes: Readonly<Record<Outcome, number>>
}

/** A figure in a workload's own measure. */
export interface WorkloadFigure {
  readonly label: string
  readonly value: number
  /** The value as it is shown, with its unit. */
  readonly text: string
  /** A few words on what it counts. */
  readonly note: string
}

/** One built-in system: its tables, its data, its API server or none, its traffic and its invariants. */
export interface Workload<Options extends object = object> {
  readonly name: string
  readonly summary: string
  /** The engines that it runs on, for people: with servers, and without any. */
  readonly runsOn: { readonly servers: string; readonly embedded: string }
  /** Schemes of the engines that it runs on, as URLs have them; all unless given. */
  readonly engines?: readonly string[]
  /** Names of the scenarios that are run unless --mix names others; all unless given. */
  readonly defaultMix?: readonly string[]
  /** Services that its API and its audit need beside a database: load looks for them before it begins. */
  readonly needs: readonly ('cache' | 'broker')[]
  /** Parents before children. */
  readonly tables: readonly AnyTable[]
  /** Makes the tables that the settings ask for, where these say how many there are; `tables` are those of the defaults. */
  tablesFor?(options: Options): readonly AnyTable[]
  /** All of them, one after the other, make `tables`. Empty where tables are made as the settings ask for them. */
  readonly migrations: readonly MigrationStep[]
  /** The figures of the program that this workload is modelled on, and what may be compared with them; in sentences. */
  readonly original: string
  readonly cacheTrial?: CacheTrial
  /** Its rows come in blocks with a journal: a seeding that is unfinished leaves stock unset, which an audit would call wrong. */
  readonly seedsInBlocks?: true
  /** The table that `seed` adds the first rows to; null where users begin on empty tables. */
  readonly seededTable: AnyTable | null
  /** The plural of what `seed` adds. */
  readonly seeds: string
  /** Adds what the API needs to be used, and is missing. */
  seed(database: Database, options: Options, signal?: AbortSignal): AsyncIterable<SeedProgress>
  /** Left out where users send statements to the database itself. */
  serve?(services: Services, options: Options): Promise<RunningServer>
  /**
   * `runId` sets this run's bookings apart from every other's. `engine` is the name of the database that users send their
   * statements to; none where they talk to an API.
   */
  scenarios(options: Options, runId: string, engine?: string): readonly Scenario[]
  /** Makes figures in its own measure of a run, for the report. */
  figures?(run: MeasuredRun): readonly WorkloadFigure[]
  /** Checks the ledger and the invariants against the database. */
  audit(input: AuditInput, watch: Watch): AsyncIterable<Violation>
  /** Everything that its transactions did, where their isolation is to be judged. */
  history?(input: AuditInput, watch: Watch): Promise<TransactionHistory>
  /** Checks what the replicas keep in memory against the database, while they run. Throws `target-unreachable`. */
  inspect?(inspection: Inspection, watch: Watch): AsyncIterable<Violation>
}
