/** Durability of an acknowledged commit: against a crash of the server, of its system, or a loss of its machine's power. */
export interface Durability {
  /** Every acknowledged commit is there afterwards. */
  readonly holds: boolean
  /** The part of the data that such a crash may undo; `nothing`, or `unknown` where the server does not tell. */
  readonly atRisk: string
  /** The settings that say so, as the server names and writes them. */
  readonly settings: Readonly<Record<string, string>>
}

/** How often work was tried again, by the server's reason. */
export type RetryCounts = Readonly<Record<string, number>>

/** How far the server's certificate is checked against what is trusted. */
export type Verification = 'none' | 'authority' | 'authority and host'

/** How a client is connected to its server. */
export interface ConnectionFacts {
  readonly transport: 'tcp' | 'unix socket'
  readonly encrypted: boolean
  /** Version of TLS, such as `TLSv1.3`; left out where nobody tells. */
  readonly protocol?: string
  /** The part of the server's certificate that was verified, where the connection is encrypted. */
  readonly verified?: Verification
  /** Others stand between the client and the server, such as PgBouncer. */
  readonly pooled?: true
}

/** A cause that holds up work on a database. */
export interface Wait {
  /** To stand behind "waiting for": `the lock that session 4711 holds`. */
  readonly what: string
  /** By now. */
  readonly ms: number
}

/** Told about once a second of what is waited for; null when it is over. */
export type OnWait = (wait: Wait | null) => void

/** A table as its server keeps it. Sizes in bytes; null where the server does not tell. */
export interface TableFacts {
  readonly name: string
  /** As the server estimates them, or counts them where it does. */
  readonly rows: number | null
  /** Without the indexes; with the primary key where rows are kept in its order. */
  readonly bytes: number | null
  readonly indexBytes: number | null
  readonly indexes: readonly { readonly name: string; readonly bytes: number | null }[]
  /** Extras beside what `migrate` makes; left out where there is nothing, or nobody looked. */
  readonly extras?: readonly string[]
  /** How it differs from what `migrate` makes, a sentence each; left out like `extras`. */
  readonly differences?: readonly string[]
}

/** Connections of others, of one user and program. */
export interface ConnectedFacts {
  readonly who: string
  readonly connections: number
}

/** A DBA's first questions to a server, answered as it was when it was asked. Missing values are left out. */
export interface ServerFacts {
  /** As the server names and writes them, the most important first. */
  readonly settings: Readonly<Record<string, string>>
  readonly tables: readonly TableFacts[]
  /** In a few words; null where it does not tell. */
  readonly replication: string | null
  /** Null where it does not tell. */
  readonly others: readonly ConnectedFacts[] | null
}

/** A server's counts of a statement since it began to count them. */
export interface StatementCount {
  /** Its counts' own; of prepared statements each session may have its own counts. */
  readonly id: string
  /** The same for statements of the same text. */
  readonly kind: string
  readonly calls: number
  /** In the server, all calls together. */
  readonly ms: number
  /** Sent or changed; null where the server does not count them. */
  readonly rows: number | null
}

/** Statistics that a server keeps of the statements on this database, whose texts it tells without their values. */
export interface StatementStatistics {
  /** The server forgets a session's counts with its end: `counts` remembers what it read, and is to be called each second. */
  readonly forgetsSessions?: true
  /** Why they cannot be read, and what would mend it; null where they can. */
  unavailable(): Promise<string | null>
  counts(): Promise<readonly StatementCount[]>
  /** Texts by `kind`; those that the server has forgotten, or does not show this user, are left out. */
  texts(kinds: readonly string[]): Promise<ReadonlyMap<string, string>>
}
