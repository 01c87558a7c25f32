import { z } from 'zod'
import { runKeyPattern } from '../../queue/run-identity.ts'

/** The name of a seeding among other work on the queue. */
export const seedPartName = 'seed'

const text = z.string().max(10_000)
const whole = z.number().int().min(0)

/** What goes on the queue for each worker: enough to say no. */
export const seedPart = z.object({
  /** Of rushbench: the first that is looked at, because what follows may be told otherwise by another version. */
  version: text,
})

/** The same, as this version tells it. What is to be seeded stands in the journal, in the database. */
export const ownSeedPart = z.strictObject({
  version: text,
  /** Whose orders are followed. */
  run: z.uuid(),
  /** Signs orders, and what is said of blocks. */
  key: z.string().regex(runKeyPattern),
  /** Of the journal. */
  seeding: z.uuid(),
  /** As the coordinator reaches it, without its password: for people, and never to be connected to. */
  database: text,
  /** Blocks that a worker stores at the same time. */
  connections: z.number().int().min(1).max(64),
})

/** What a worker is asked to do. */
export type SeedPart = z.output<typeof ownSeedPart>

/** What a worker says of a block that is stored. */
export const storedByWorker = z.strictObject({
  worker: text,
  /** None when it was stored already. */
  rows: whole,
  /** What the database made this worker do again, since it took its part. */
  retries: z.record(text, whole),
})

/** What a worker says of a block that is stored. */
export type StoredByWorker = z.output<typeof storedByWorker>
