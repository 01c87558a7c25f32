import { judgeDurability, untoldDurability } from '../durability.ts'
import type { MongoConnection } from './connection.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** How several servers behind one mongos are named. */
export const shardedCluster = 'sharded cluster'

/** Settings and facts that decide the durability of a write. */
export interface MongoCommitFacts {
  /** Servers that a write waits for: a number, or `majority`. */
  readonly w: string
  /** Whether it waits for their journals; null: it was not said. */
  readonly journal: boolean | null
  readonly servers: 'standalone' | 'replica set' | typeof shardedCluster
  readonly name?: string
  /** Whether a majority that is not told otherwise waits for journals; null: it cannot be asked for. */
  readonly majorityJournals: boolean | null
  /** Whether the storage engine keeps anything on a disk; null: it does not tell. */
  readonly persistent: boolean | null
}

/** How far the journal may be behind unless it is waited for (https://www.mongodb.com/docs/manual/core/journaling/). */
const unjournaled = 'up to the last 100 ms'

/**
 * Checks the write concern against what the servers are, as https://www.mongodb.com/docs/manual/reference/write-concern/
 * has it.
 */
export function judgeMongo(facts: MongoCommitFacts): Durability {
  const { w, journal, servers, name, majorityJournals, persistent } = facts
  const settings = {
    w,
    journal: journal === null ? 'not set' : String(journal),
    servers: name === undefined ? servers : `${servers} ${name}`,
    ...(persistent === false ? { storage: 'in memory' } : {}),
  }
  if (persistent === false) return judgeDurability(settings, ['everything'])
  const waits = journal ?? (w === 'majority' && servers !== 'standalone' ? majorityJournals : false)
  if (waits === null) return untoldDurability(settings)
  return judgeDurability(settings, [
    waits ? null : unjournaled,
    servers !== 'standalone' && w === '1' ? 'what the primary had not passed on, should another take over' : null,
  ])
}

/** mongos answers `hello` with msg isdbgrid (https://www.mongodb.com/docs/manual/reference/command/hello/). */
export async function readMongoDurability(connection: MongoConnection): Promise<Durability> {
  const { setName, msg } = await connection.run(connection.db.command({ hello: 1 }))
  const { w = 1, journal } = connection.writeConcern
  const isReplicaSet = msg !== 'isdbgrid' && setName !== undefined
  return judgeMongo({
    w: String(w),
    journal: journal ?? null,
    servers: msg === 'isdbgrid' ? shardedCluster : isReplicaSet ? 'replica set' : 'standalone',
    ...(isReplicaSet ? { name: String(setName) } : {}),
    majorityJournals: isReplicaSet ? await asksMajorityToJournal(connection) : null,
    persistent: await keepsData(connection),
  })
}

/** Null where the user may not ask. */
async function asksMajorityToJournal({ admin }: MongoConnection): Promise<boolean | null> {
  const { config } = await admin({ replSetGetConfig: 1 }).catch(() => ({ config: undefined }))
  const said: unknown = (config as { writeConcernMajorityJournalDefault?: unknown } | undefined)
    ?.writeConcernMajorityJournalDefault
  return typeof said === 'boolean' ? said : null
}

/** Null where the user may not ask, or the server does not tell. */
async function keepsData({ admin }: MongoConnection): Promise<boolean | null> {
  const { storageEngine } = await admin({ serverStatus: 1 }).catch(() => ({ storageEngine: undefined }))
  const said: unknown = (storageEngine as { persistent?: unknown } | undefined)?.persistent
  return typeof said === 'boolean' ? said : null
}
