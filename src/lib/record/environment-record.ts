import { z } from 'zod'
import { byName, count, flag, list, number, object, oneOf, text, textByName } from './fields.ts'
import { reportSchemaName } from './names.ts'

/** How rushbench was connected to the database server. */
const Connection = object('how the client was connected to the database server; left out for a file', {
  transport: oneOf('what it went over', 'tcp', 'unix socket'),
  encrypted: flag('by TLS'),
  protocol: text('version of TLS, such as TLSv1.3').exactOptional(),
  verified: oneOf(
    "what of the server's certificate was looked at",
    'none',
    'authority',
    'authority and host',
  ).exactOptional(),
  pooled: flag('somebody stood in between who shares sessions out, such as PgBouncer').exactOptional(),
})

const bytes = (of: string) => number(`${of}, bytes; null where the server does not tell`).nullable()

/** Facts that the database server told of itself. */
const Server = object('what the database server said of itself when the run ended, as far as it has it and tells', {
  settings: textByName('settings that a reader of the figures asks for first, as the server names them'),
  tables: list(
    'of the workload',
    object('one table', {
      name: text('of the table'),
      rows: number(
        'as the server estimates them, or counts them where it does; null where it does not tell',
      ).nullable(),
      bytes: bytes('without its indexes; with the primary key where rows are kept in its order'),
      indexBytes: bytes('of all its indexes'),
      indexes: list('of the table', object('one index', { name: text('of the index'), bytes: bytes('of the index') })),
      extras: list(
        'indexes, partitions, triggers and columns beside those that migrate makes; left out where there are none, or nobody looked',
        text('what it is, its name, and what it is on'),
      ).exactOptional(),
      differences: list(
        'how the table differs from what migrate makes; left out where it does not, or nobody looked',
        text('a sentence on one column, key, index, reference or trigger'),
      ).exactOptional(),
    }),
  ),
  replication: text('standbys, replicas or nodes; null where the server does not tell').nullable(),
  others: byName(
    'who else was connected, by user and program; null where the server does not tell',
    count('connections at that moment'),
  ).nullable(),
}).exactOptional()

// File names are made of it, so it must be a time and nothing else.
const utcTime = (description: string) =>
  z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, { error: 'must be a time in UTC such as 2026-11-20T22:36:55Z' })
    .describe(description)

const Environment = object('where the run was made', {
  cpu: text('model of the processor'),
  cores: count('processors that Node sees'),
  memoryMb: number('memory of the machine, MB'),
  os: text('operating system and its version'),
  node: text('version of Node'),
  rushbench: text('version of rushbench'),
  engine: text('database engine; "unknown" for a target whose database is not known'),
  engineVersion: text("the engine's version"),
  durability: textByName('settings that say what a commit survives'),
  connection: Connection.exactOptional(),
})

/** Fields that all kinds of reports begin with. */
export const head = {
  schema: z.literal(reportSchemaName).describe('version of this contract'),
  id: text('unique to this run'),
  startedAt: utcTime('when the run began, ISO 8601, UTC'),
  finishedAt: utcTime('when the run ended, ISO 8601, UTC'),
  environment: Environment,
  server: Server,
  config: byName('every setting as text, passwords hidden', z.string().nullable()),
  seed: text('seed of every random choice'),
  command: text('command line that makes such a run again, passwords hidden').exactOptional(),
}

/** Describes a connection: `TLSv1.3, certificate verified`; null where nothing is known of it. */
export function describeConnection(connection: z.infer<typeof Connection> | undefined): string | null {
  if (connection === undefined) return null
  const { transport, encrypted, protocol, verified, pooled } = connection
  const checks = {
    none: 'certificate not verified',
    authority: 'certificate verified, but not for which host',
    'authority and host': 'certificate verified',
  }
  const parts = [
    ...(transport === 'unix socket' ? ['Unix socket'] : encrypted ? [] : ['TCP']),
    encrypted ? (protocol ?? 'TLS') : 'not encrypted',
    ...(encrypted && verified !== undefined ? [checks[verified]] : []),
    ...(pooled === true ? ['through a connection pooler'] : []),
  ]
  return parts.join(', ')
}
