import { z } from 'zod'
import { runKeyPattern } from '../../queue/run-identity.ts'

/** The name of a seeding among other work on the queue. */
export const seedJobName = 'seed'

const text = z.string().max(10_000)
const whole = z.number().int().min(0)

/** A job on the queue: enough to say no. */
export const versionedSeedJob = z.object({
  /** The version of rushbench, looked at first: another one may tell the rest otherwise. */
  version: text,
})

/** The same, as this version tells it. What is to be seeded stands in the journal, in the database. */
export const seedJob = z.strictObject({
  version: text,
  /** The run whose commands are followed. */
  run: z.uuid(),
  /** Signs commands, and what is said of blocks. */
  key: z.string().regex(runKeyPattern),
  /** The id of the journal. */
  seeding: z.uuid(),
  /** As the coordinator reaches it, without its password: for people, and never to be connected to. */
  database: text,
  /** Blocks that a worker stores at the same time. */
  connections: z.number().int().min(1).max(64),
})

/** A job that a worker is asked to do. */
export type SeedJob = z.output<typeof seedJob>

/** A stored block, as its worker tells it. */
export const storedByWorker = z.strictObject({
  worker: text,
  /** None when it was stored already. */
  rows: whole,
  /** Retries that the database demanded of this worker since it took its job. */
  retries: z.record(text, whole),
})

/** A stored block, as its worker tells it. */
export type StoredByWorker = z.output<typeof storedByWorker>
