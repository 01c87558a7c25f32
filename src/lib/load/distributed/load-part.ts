import { z } from 'zod'
import { engineNames } from '../../base/arrivals.ts'
import { runKeyPattern } from '../../queue/run-identity.ts'
import type { WorkerFacts } from '../engine/generator.ts'
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
  mostWorkers,
  statusRange,
} from '../../base/limits.ts'
import type { LoadModel } from '../engine/model.ts'
import type { FixedRequest } from '../../ports/http-client.ts'

/** The name of a part of a load among other work on the queue. */
export const loadPartName = 'load'

const text = z.string().max(10_000)
const duration = z.number().gt(0).max(longestMs)
const perSecond = z.number().gt(0).max(mostPerSecond)
const stage = z.strictObject({ durationMs: z.number().min(0).max(longestMs), users: z.int().min(0).max(mostUsers) })
const statuses = z.array(z.int().min(statusRange.from).max(statusRange.to)).max(1000)

/** What goes on the queue: enough to say no, and where the rest is. */
export const loadPart = z.object({
  /** Of rushbench: the first that is looked at, because what follows may be told otherwise by another version. */
  version: text,
})

/** The same, as this version tells it. */
export const ownLoadPart = z.strictObject({
  version: text,
  /** Whose keys hold the task. */
  run: z.uuid(),
  /** That all is signed by which is said in the run. */
  key: z.string().regex(runKeyPattern),
  part: z
    .strictObject({ index: z.int().min(0), of: z.int().min(1).max(mostWorkers) })
    .refine(({ index, of }) => index < of, 'it is not one of so many'),
})

/** What a worker is asked to do. */
export type LoadPart = z.output<typeof ownLoadPart>

/** A scenario file on its way. */
const travellingScenario = z.strictObject({ name: z.string().max(255), source: z.string() })

/** A person's own scenarios, as they travel. */
export type TravellingScenario = z.output<typeof travellingScenario>

/** A single request on its way; its body, which may be any bytes, as base64. */
const send = z.strictObject({
  method: text,
  path: z.string(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.base64().transform((body): Uint8Array => Buffer.from(body, 'base64')),
  expect: text,
})

const closed = z.strictObject({
  kind: z.literal('closed'),
  starts: z.enum(['spread', 'together']).optional(),
  // One more, for users that begin at once.
  stages: z
    .array(stage)
    .min(1)
    .max(mostStages + 1),
})
const open = z.strictObject({
  kind: z.literal('open'),
  ratePerSecond: perSecond,
  arrivals: z.enum(['constant', 'poisson']),
  bursts: z
    .array(
      z.strictObject({
        factor: z.number().gt(0).max(mostBurstFactor),
        atMs: z.number().min(0).max(longestMs),
        lengthMs: duration,
      }),
    )
    .max(mostBursts)
    .optional(),
  durationMs: duration,
  maxInFlight: z.int().min(1).max(mostUsers),
  send: send.optional(),
})
const saturation = z.strictObject({
  kind: z.literal('saturation'),
  engine: z.enum(engineNames),
  connections: z.int().min(1).max(mostConnections),
  requests: z.int().min(1).nullable(),
  durationMs: duration.nullable(),
  send,
})

/** What all parts of a load have in common, within the limits that the command line has. */
export const loadTask = z.strictObject({
  origins: z
    .array(z.url({ protocol: /^https?$/ }).max(10_000))
    .min(1)
    .max(mostReplicas),
  timeout: duration,
  model: z.discriminatedUnion('kind', [closed, open, saturation]).transform((model) => model as LoadModel),
  seed: z.string().max(longestSeed),
  /** The trials of a search are counted behind it. */
  runId: z.string().regex(/^[\w-]{1,40}$/),
  statuses: z.strictObject({ bookedStatuses: statuses, conflictStatuses: statuses }),
  /** What makes the scenarios of a workload. */
  settings: z.record(z.string(), z.unknown()),
  scenario: travellingScenario.nullable(),
  /** How long reading it may take, and preparing users without another one that is ready, ms. */
  prepareTimeout: duration,
})

/** Bytes of a load as text, at most: a scenario or a body may be large, and a worker has to hold it. */
export const mostTaskBytes = 64 * 1024 * 1024

/** A load, as its workers are told of it. */
export type LoadTask = z.output<typeof loadTask>

/** The same, as it lies on the queue. */
export type WrittenLoadTask = z.input<typeof loadTask>

/** A single request, as it lies on the queue. */
export function writtenRequest({ body, ...rest }: FixedRequest): z.input<typeof send> {
  return {
    ...rest,
    headers: rest.headers.map(([name, value]) => [name, value]),
    body: Buffer.from(body).toString('base64'),
  }
}

/** What a worker says once it has taken a part. */
export const workerFacts: z.ZodType<WorkerFacts> = z.strictObject({
  name: text,
  host: text,
  pid: z.number().int().min(0),
  version: text,
  clock: z.strictObject({ offsetMs: z.number(), roundTripMs: z.number().min(0) }).nullable(),
})

/** Bookings of a worker: lines as the ledger has them. */
export const newEntries = z.strictObject({ lines: z.array(z.string()) })

/** What a worker says at its end. */
export const partEnd = z.strictObject({
  /** Why it did not work until the end of the run; null when it did, or was told to stop. */
  left: text.nullable(),
})
