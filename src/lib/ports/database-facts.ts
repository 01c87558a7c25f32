/** What an acknowledged commit survives: a crash of the server, of its system, or a loss of its machine's power. */
export interface Durability {
  /** Every acknowledged commit is there afterwards. */
  readonly holds: boolean
  /** What such a crash may undo; `nothing`, or `unknown` where the server does not tell. */
  readonly atRisk: string
  /** The settings that say so, as the server names and writes them. */
  readonly settings: Readonly<Record<string, string>>
}

/** How often work was tried again, by the server's reason. */
export type RetryCounts = Readonly<Record<string, number>>

/** How far the server's certificate is held against what is trusted. */
export type Verification = 'none' | 'authority' | 'authority and host'

/** How a client is connected to its server. */
export interface ConnectionFacts {
  readonly transport: 'tcp' | 'unix socket'
  readonly encrypted: boolean
  /** Version of TLS, such as `TLSv1.3`; left out where nobody tells. */
  readonly protocol?: string
  /** What of the server's certificate was looked at, where the connection is encrypted. */
  readonly verified?: Verification
  /** Others stand between the client and the server, such as PgBouncer. */
  readonly pooled?: true
}

/** What work on a database is held up by. */
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
  /** What it has beside what `migrate` makes; left out where there is nothing, or nobody looked. */
  readonly extras?: readonly string[]
  /** How it differs from what `migrate` makes, a sentence each; left out like `extras`. */
  readonly differences?: readonly string[]
}

/** Connections of others, of one user and program. */
export interface ConnectedFacts {
  readonly who: string
  readonly connections: number
}

/** What a DBA asks of a server first, as it was when it was asked. What it has not, or does not tell, is left out. */
export interface ServerFacts {
  /** As the server names and writes them, the most important first. */
  readonly settings: Readonly<Record<string, string>>
  readonly tables: readonly TableFacts[]
  /** In a few words; null where it does not tell. */
  readonly replication: string | null
  /** Null where it does not tell. */
  readonly others: readonly ConnectedFacts[] | null
}
