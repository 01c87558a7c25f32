import { untoldDurability } from '../durability.ts'
import { postgresDialect, type SqlDialect } from '../sql/dialect.ts'
import { sql } from 'kysely'
import type { Durability } from '../../../ports/database-facts.ts'

/** A server that speaks PostgreSQL's protocol, and its differences from PostgreSQL. */
export interface PostgresFlavour {
  readonly name: 'postgres' | 'cockroachdb' | 'yugabytedb' | 'citus'
  readonly version: string
  /** Durability of a commit; null where the server's settings decide it. */
  readonly durability: Durability | null
  /** Triggers that see all new rows of a statement, and LISTEN. */
  readonly notifications: boolean
  readonly tableLocks: boolean
  /** Blocks may commit without waiting for the disk, and the end wait for all of them. */
  readonly deferredFlush: boolean
  /** The counters of PostgreSQL's storage. */
  readonly counters: boolean
  readonly dialect: SqlDialect
  /** Parts of tables that the server does not support, a sentence each. */
  readonly unsupported: readonly string[]
}

/** A server's own words about itself. */
export interface PostgresIdentity {
  /** The result of `version()`. */
  readonly version: string
  /** The version of PostgreSQL that it claims to be. */
  readonly serverVersion: string
  /** Version of the extension; null without it. */
  readonly citus: string | null
}

/** Asks for `PostgresIdentity`. */
export const factsSql =
  "select version() as version, current_setting('server_version') as server_version, (select extversion from pg_extension where extname = 'citus') as citus"

/** Storage that is no heap of pages has no room to leave in them. */
const withoutPages: SqlDialect = { ...postgresDialect, tableSuffix: () => sql`` }

/** CockroachDB compares texts byte by byte unless it is told a language. */
const cockroachDialect: SqlDialect = {
  ...withoutPages,
  columnType(column) {
    if (column.type === 'char') return sql`char(${sql.lit(column.length)})`
    if (column.type === 'ascii') return sql`varchar(${sql.lit(column.length)})`
    return column.type === 'text' ? sql`varchar(${sql.lit(column.maxLength)})` : postgresDialect.columnType(column)
  },
}

const raft = untoldDurability({ commits: 'replicated by Raft to a majority of the nodes' })

/**
 * Tells apart who speaks the protocol. What they lack is in
 * https://www.cockroachlabs.com/docs/stable/postgresql-compatibility (LISTEN, LOCK TABLE, COLLATE "C", fillfactor) and
 * https://docs.yugabyte.com/stable/api/ysql/the-sql-language/statements/ (LISTEN, transition tables of triggers, LOCK
 * TABLE beyond ACCESS SHARE, fillfactor). Tables of Citus are PostgreSQL's own until somebody distributes them.
 */
export function findFlavour({ version, serverVersion, citus }: PostgresIdentity): PostgresFlavour {
  const cockroach = /^CockroachDB \S+ v?(\S+)/.exec(version)?.[1]
  const yugabyte = /-YB-(\S+)/.exec(version)?.[1]
  if (cockroach) return lacking('cockroachdb', cockroach, cockroachDialect)
  if (yugabyte) return lacking('yugabytedb', yugabyte, withoutPages)
  return {
    name: citus === null ? 'postgres' : 'citus',
    version: citus === null ? serverVersion : `${citus} on PostgreSQL ${serverVersion}`,
    durability: null,
    notifications: true,
    tableLocks: true,
    deferredFlush: true,
    counters: true,
    dialect: postgresDialect,
    unsupported:
      citus === null ? [] : ['the distribution of tables over workers, which you choose: all are on the coordinator'],
  }
}

function lacking(name: PostgresFlavour['name'], version: string, dialect: SqlDialect): PostgresFlavour {
  return {
    name,
    version: version.replace(/,$/, ''),
    durability: raft,
    notifications: false,
    tableLocks: false,
    deferredFlush: false,
    counters: false,
    dialect,
    unsupported: [
      'the triggers that tell of new rows at once: a watch looks for them instead, and learns of them later',
      'room in pages for rows that change, which its storage does not have',
    ],
  }
}
