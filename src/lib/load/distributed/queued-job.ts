import { z } from 'zod'
import { failure } from '../../base/errors/errors.ts'
import { mostWorkers } from '../../base/limits.ts'
import { whyWrong } from '../../base/parse-values.ts'
import { runKeyPattern, type RunIdentity } from '../../queue/run-identity.ts'
import { loadJob, type LoadJob } from '../engine/load-job.ts'

/** The name of a shard of a load among other work on the queue. */
export const queuedShardName = 'load'

const text = z.string().max(10_000)

/** A shard on the queue: enough to say no, and where the job is. */
export const versionedShard = z.object({
  /** The version of rushbench, looked at first: another one may tell the rest otherwise. */
  version: text,
})

/** The same, as this version tells it. */
export const queuedShard = z.strictObject({
  version: text,
  /** The run whose keys hold the job. */
  run: z.uuid(),
  /** Signs all that is said in the run. */
  key: z.string().regex(runKeyPattern),
  shard: z
    .strictObject({ index: z.int().min(0), of: z.int().min(1).max(mostWorkers) })
    .refine(({ index, of }) => index < of, 'it is not one of so many'),
})

/** A shard that a worker is asked to do. */
export type QueuedShard = z.output<typeof queuedShard>

/** A scenario file on its way. */
const travellingScenario = z.strictObject({ name: z.string().max(255), source: z.string() })

/** A person's own scenarios, as they travel. */
export type TravellingScenario = z.output<typeof travellingScenario>

/** A load on the queue: instead of a path, the scenario file itself. */
export const queuedJob = loadJob.omit({ scenarioFile: true }).extend({ scenario: travellingScenario.nullable() })

/** A load, as its workers are told of it. */
export type QueuedJob = Readonly<z.output<typeof queuedJob>>

/** A load as plain JSON. Throws `usage-wrong` for one that no worker would take. */
export function encodeJob({ scenarioFile: _file, ...job }: LoadJob, scenario: TravellingScenario | null): object {
  const { data, error } = z.safeEncode(queuedJob, { ...job, scenario })
  if (data) return data
  throw failure('usage-wrong', { reason: `The load cannot travel to workers: ${whyWrong(error)}.` }, error)
}

/** Bytes of a load as text, at most: a scenario or a body may be large, and a worker has to hold it. */
export const mostJobBytes = 64 * 1024 * 1024

const signatureLength = 64

/** A load as it lies on the queue: the run's signature of its JSON, in hexadecimal, then that JSON. */
export function signedJob(job: object, run: RunIdentity): Buffer {
  const json = JSON.stringify(job)
  return Buffer.from(run.sign(['task', json]).toString('hex') + json)
}

/** Reads what `signedJob` made. Throws Error with the reason why it is none, and ZodError for what no load may ask for. */
export function readJob(bytes: Buffer, run: RunIdentity): QueuedJob {
  const signature = Buffer.from(bytes.toString('latin1', 0, signatureLength), 'hex')
  const json = bytes.subarray(signatureLength)
  if (!run.isSigned(signature, ['task', json])) throw new Error('it is not what the coordinator has put there')
  return queuedJob.parse(JSON.parse(json.toString()))
}
