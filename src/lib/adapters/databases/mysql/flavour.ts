import { untoldDurability } from '../durability.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** A server that speaks MySQL's protocol, and its differences from MySQL. */
export interface MysqlFlavour {
  readonly name: 'mysql' | 'mariadb' | 'tidb' | 'vitess'
  readonly version: string
  /** Durability of a commit; null where the server's settings decide it. */
  readonly durability: Durability | null
  /** A row that refers to nothing is refused. */
  readonly foreignKeys: boolean
  readonly tableLocks: boolean
  /** SET TRANSACTION for the next transaction alone. */
  readonly nextIsolation: boolean
  /** Why the server takes no file from its client; null where its settings say whether it does. */
  readonly noLoadData: string | null
  /** The counters of InnoDB. */
  readonly counters: boolean
  /** Parts of tables that the server does not support, a sentence each. */
  readonly unsupported: readonly string[]
}

/** A server's own words about itself. */
export interface MysqlIdentity {
  /** The result of `version()`. */
  readonly version: string
  /** TiDB: whether it takes foreign keys, and checks rows against them; null where it has no such variable. */
  readonly foreignKeys: boolean | null
  /** Vitess: shards of the keyspace. */
  readonly shards: number
  /** Nodes of a Galera cluster; 0: it is not in one. */
  readonly galeraNodes: number
}

const noForeignKeys = (who: string): string => `foreign keys, which ${who}: a row that refers to nothing is not refused`

export function isTidb(version: string): boolean {
  return /-TiDB-/.test(version)
}

export function isVitess(version: string): boolean {
  return /-Vitess/i.test(version)
}

/**
 * Tells apart who speaks the protocol. What they lack is in https://docs.pingcap.com/tidb/stable/mysql-compatibility
 * (foreign keys before 6.6, LOCK TABLES unless it is enabled) and
 * https://vitess.io/docs/reference/compatibility/mysql-compatibility/ (SET TRANSACTION but for a session, LOAD DATA from a
 * client, and foreign keys, which MySQL holds within a shard only, https://github.com/vitessio/vitess/issues/11975). In a
 * Galera cluster LOCK TABLES knows of one node only
 * (https://mariadb.com/docs/galera-cluster/reference/mariadb-galera-cluster-known-limitations).
 */
export function findFlavour({ version, foreignKeys, shards, galeraNodes }: MysqlIdentity): MysqlFlavour {
  const whole = {
    foreignKeys: true,
    tableLocks: true,
    nextIsolation: true,
    noLoadData: null,
    counters: true,
    unsupported: [],
  }
  if (isTidb(version)) {
    return {
      ...whole,
      name: 'tidb',
      version: /-TiDB-v?(.*)$/.exec(version)?.[1] ?? version,
      durability: untoldDurability({ commits: 'replicated by Raft to a majority of the TiKV nodes' }),
      foreignKeys: foreignKeys === true,
      tableLocks: false,
      counters: false,
      unsupported: foreignKeys === true ? [] : [noForeignKeys('this TiDB does not check rows against')],
    }
  }
  if (isVitess(version)) {
    return {
      ...whole,
      name: 'vitess',
      version: version.replace(/-Vitess.*$/i, ''),
      durability: untoldDurability({
        commits: "as the keyspace's durability policy has it, which vtgate does not tell",
      }),
      foreignKeys: shards <= 1,
      tableLocks: false,
      nextIsolation: false,
      noLoadData: 'Vitess takes no file from its client',
      counters: false,
      unsupported: shards > 1 ? [noForeignKeys(`do not reach over the ${shards} shards of this keyspace`)] : [],
    }
  }
  return {
    ...whole,
    name: /mariadb/i.test(version) ? 'mariadb' : 'mysql',
    version,
    durability: null,
    tableLocks: galeraNodes === 0,
  }
}
