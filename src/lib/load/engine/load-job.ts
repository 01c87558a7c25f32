import { z } from 'zod'
import { engineNames } from '../../base/arrivals.ts'
import {
  longestMs,
  longestSeed,
  mostBurstFactor,
  mostBursts,
  mostConnections,
  mostPerSecond,
  mostReplicas,
  mostStages,
  mostUsers,
  statusRange,
} from '../../base/limits.ts'
import type { OutcomeStatuses } from '../../ports/outcome.ts'
import { statementProtocols } from '../../ports/database-client.ts'
import type { LoadModel } from './model.ts'
import type { Shard } from './schedule.ts'

const text = z.string().max(10_000)
const duration = z.number().gt(0).max(longestMs)
const perSecond = z.number().gt(0).max(mostPerSecond)
const stage = z.strictObject({ durationMs: z.number().min(0).max(longestMs), users: z.int().min(0).max(mostUsers) })
const statuses = z.array(z.int().min(statusRange.from).max(statusRange.to)).max(1000)

/** A single request. Its body, which may be any bytes, is base64 where it is encoded. */
const request = z.strictObject({
  method: text,
  path: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.codec(z.base64(), z.instanceof(Uint8Array), {
    decode: (body) => Buffer.from(body, 'base64'),
    encode: (body) => Buffer.from(body).toString('base64'),
  }),
  expect: text,
})

const closed = z.strictObject({
  kind: z.literal('closed'),
  starts: z.enum(['spread', 'together']).exactOptional(),
  // One more, for users that begin at once.
  stages: z
    .array(stage)
    .min(1)
    .max(mostStages + 1),
})
const burst = z.strictObject({
  factor: z.number().gt(0).max(mostBurstFactor),
  atMs: z.number().min(0).max(longestMs),
  lengthMs: duration,
})
const open = z.strictObject({
  kind: z.literal('open'),
  ratePerSecond: perSecond,
  arrivals: z.enum(['constant', 'poisson']),
  bursts: z.array(burst).max(mostBursts).exactOptional(),
  durationMs: duration,
  maxInFlight: z.int().min(1).max(mostUsers),
  send: request.exactOptional(),
})
const saturation = z.strictObject({
  kind: z.literal('saturation'),
  engine: z.enum(engineNames),
  connections: z.int().min(1).max(mostConnections),
  requests: z.int().min(1).nullable(),
  durationMs: duration.nullable(),
  send: request,
})

// Annotated by what the rest of the code reads, which changes none of it.
const origins: z.ZodType<readonly string[]> = z.array(z.url({ protocol: /^https?$/ }).max(10_000)).max(mostReplicas)
const model: z.ZodType<LoadModel> = z.discriminatedUnion('kind', [closed, open, saturation])
const outcomes: z.ZodType<OutcomeStatuses> = z.strictObject({ bookedStatuses: statuses, conflictStatuses: statuses })

const database = z.strictObject({
  engine: z.string().max(100),
  /** It works in the threads that ask it. */
  inProcess: z.boolean(),
  url: z.string().min(1).max(10_000),
  /** Connections of the whole run. */
  poolSize: z.int().min(1).max(mostConnections),
  protocol: z.enum(statementProtocols),
  readOnly: z.boolean(),
})

/** A person's own SQL. */
const script = z.strictObject({ name: text, weight: z.int().min(1).max(1_000_000), text: z.string().max(1_000_000) })

/** How a generator reaches a database. */
export type DatabaseAccess = Readonly<z.output<typeof database>>

/** A run of a load, within the limits of the command line, as all its generators are told of it. Times in ms. */
export const loadJob = z.strictObject({
  /** Origins of all replicas of the API; none where the load is on a database. */
  origins,
  /** The database that users send statements to; left out where they talk to an API alone. */
  database: database.exactOptional(),
  /** How long a user waits for a response. */
  timeout: duration,
  model,
  seed: z.string().max(longestSeed),
  /** Sets this run's bookings apart from every other's. The trials of a search are counted behind it. */
  runId: z.string().regex(/^[\w-]{1,40}$/),
  statuses: outcomes,
  /** The settings from which the workload's scenarios are made. */
  settings: z.record(z.string(), z.unknown()),
  /** A person's own scenarios; null for the workload's. */
  scenarioFile: z.string().nullable(),
  /** A person's own SQL, instead of scenarios; left out where there is none. */
  scripts: z.array(script).min(1).max(128).readonly().exactOptional(),
  /** How long reading scenarios may take, and preparing users without another one that is ready. */
  prepareTimeout: duration,
})

/** A run of a load. */
export type LoadJob = Readonly<z.output<typeof loadJob>>

/** One generator's share of a load. */
export interface ShardJob extends LoadJob {
  readonly shard: Shard
  /** No other thread of its process makes load; for a thread of its own, false unless given. */
  readonly isAlone?: boolean
}
