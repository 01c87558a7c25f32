import { randomUUID } from 'node:crypto'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import type { RunConfig } from '../config/resolve.ts'
import { recordDurability } from '../adapters/databases/durability.ts'
import type { EngineInfo } from '../ports/database.ts'
import type { Report, ReportHead, ServerRecord } from '../record/record.ts'
import type { ServerFacts } from '../ports/database-facts.ts'
import { reportSchemaName } from '../record/names.ts'

/** Facts that the head of every report is made of. */
export interface RunFacts {
  readonly startedAt: Date
  readonly config: RunConfig
  /** Null when the target's database is not known. */
  readonly engine: EngineInfo | null
  /** Facts that the server reports of itself; null where it could not be asked. */
  readonly server: ServerFacts | null
  /** Version of rushbench. */
  readonly version: string
}

/** The head of a report of `kind` that ends now. */
export function describeRun<Kind extends Report['kind']>(
  kind: Kind,
  facts: RunFacts,
): ReportHead & { readonly kind: Kind } {
  const { startedAt, config, engine, server, version } = facts
  return {
    schema: reportSchemaName,
    kind,
    id: randomUUID(),
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    environment: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memoryMb: Math.round(totalmem() / 1024 / 1024),
      os: `${type()} ${release()}`,
      node: process.versions.node,
      rushbench: version,
      engine: engine?.name ?? 'unknown',
      engineVersion: engine?.version ?? 'unknown',
      durability: engine === null ? {} : recordDurability(engine.durability),
      ...(engine?.connection && { connection: engine.connection }),
    },
    ...recordServer(server),
    config: Object.fromEntries(Object.values(config.settings).map(({ name, shown }) => [name, shown])),
    seed: config.values.seed,
    command: config.command,
  }
}

/** Returns a report's fields about the server; none where it could not be asked. */
export function recordServer(facts: ServerFacts | null): { server?: ServerRecord } {
  if (facts === null) return {}
  const { settings, tables, replication, others } = facts
  return {
    server: {
      settings: { ...settings },
      tables: tables.map(({ extras, differences, ...table }) => ({
        ...table,
        indexes: table.indexes.map((index) => ({ ...index })),
        ...(extras && { extras: [...extras] }),
        ...(differences && { differences: [...differences] }),
      })),
      replication,
      others: others === null ? null : Object.fromEntries(others.map(({ who, connections }) => [who, connections])),
    },
  }
}
