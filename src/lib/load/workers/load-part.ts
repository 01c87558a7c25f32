import { z } from 'zod'
import { engineNames } from '../../load-kinds.ts'
import type { FixedRequest } from '../fixed-request.ts'
import type { WorkerFacts } from '../generator.ts'
import { mostConnections, type LoadModel } from '../model.ts'

/** The name of a part of a load among other work on the queue. */
export const loadPartName = 'load'

const text = z.string().max(10_000)
const stage = z.strictObject({ durationMs: z.number().min(0), users: z.number().int().min(0) })

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
  part: z.strictObject({ index: z.number().int().min(0), of: z.number().int().min(1).max(1000) }),
})

/** What a worker is asked to do. */
export type LoadPart = z.output<typeof ownLoadPart>

/** A scenario file on its way: it is run only if it is what its hash says. */
const travellingScenario = z.strictObject({ name: z.string().max(255), source: z.string(), sha256: z.string() })

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
  stages: z.array(stage).min(1).max(1001),
})
const open = z.strictObject({
  kind: z.literal('open'),
  ratePerSecond: z.number().gt(0),
  arrivals: z.enum(['constant', 'poisson']),
  bursts: z
    .array(z.strictObject({ factor: z.number().gt(0), atMs: z.number().min(0), lengthMs: z.number().gt(0) }))
    .max(1000)
    .optional(),
  durationMs: z.number().gt(0),
  maxInFlight: z.number().int().min(1),
  send: send.optional(),
})
const saturation = z.strictObject({
  kind: z.literal('saturation'),
  engine: z.enum(engineNames),
  connections: z.number().int().min(1).max(mostConnections),
  requests: z.number().int().min(1).nullable(),
  durationMs: z.number().gt(0).nullable(),
  send,
})

/** What all parts of a load have in common. */
export const loadTask = z.strictObject({
  origins: z.array(z.url({ protocol: /^https?$/ })).min(1),
  timeout: z.number().gt(0),
  model: z.union([closed, open, saturation]).transform((model) => model as LoadModel),
  seed: text,
  runId: text,
  statuses: z.strictObject({
    bookedStatuses: z.array(z.number().int()),
    conflictStatuses: z.array(z.number().int()),
  }),
  /** What makes the scenarios of a workload. */
  settings: z.record(z.string(), z.unknown()),
  scenario: travellingScenario.nullable(),
  /** How long reading it may take, and preparing users without another one that is ready, ms. */
  prepareTimeout: z.number().gt(0),
})

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
