import { UnrecoverableError, Worker, type Job } from 'bullmq'
import { ignoreFailure } from '../base/abort.ts'
import { ignoreErrors, openQueue } from './bullmq.ts'
import { connectPlain } from './client.ts'
import { keyPrefix } from './names.ts'

/** How long a worker may fail to say that it works on a job before another gets it, and how often this is checked, ms. */
const lockMs = 6000
const stalledCheckMs = 1500
/** How often a job may go to another worker, at most: the job itself may be what kills them. */
const mostStalls = 5
/** Tries of a job that fails, the pauses doubling from the first, ms: half a minute in all. */
const tries = 7
const firstPauseMs = 500

/** Told what becomes of jobs. */
export interface JobListener {
  /** With what its worker said. */
  readonly onDone: (number: number, said: unknown) => void
  /** After its last try. */
  readonly onFailed: (number: number, reason: string) => void
}

/** Jobs that wait for workers, and those that are being worked on. */
export interface OfferedJobs {
  /** By their numbers; one that is on the queue already is there once. */
  add(numbers: readonly number[]): Promise<void>
  /** Takes them all from the queue, and what the queue remembers of them. */
  close(): Promise<void>
}

/**
 * Opens a queue of small jobs that may be done twice, unlike those of `placeWork`: one whose worker is lost is
 * given to another, and one that fails is tried again. What an earlier coordinator left on it is taken away. Throws
 * `queue-unreachable`.
 */
export async function offerJobs(
  url: string,
  queueName: string,
  { onDone, onFailed }: JobListener,
): Promise<OfferedJobs> {
  const opened = await openQueue(url, queueName, async () => 0)
  const { queue, events } = opened
  await queue.obliterate({ force: true })
  events.on('completed', ({ jobId, returnvalue }) => {
    onDone(numberOf(jobId), typeof returnvalue === 'string' ? parseJson(returnvalue) : returnvalue)
  })
  events.on('failed', ({ jobId, failedReason }) => onFailed(numberOf(jobId), failedReason))
  await events.waitUntilReady()
  const opts = {
    attempts: tries,
    backoff: { type: 'exponential', delay: firstPauseMs },
    removeOnComplete: true,
    removeOnFail: true,
  }
  return {
    async add(numbers) {
      await queue.addBulk(numbers.map((number) => ({ name: 'job', data: {}, opts: { ...opts, jobId: idOf(number) } })))
    },
    close: () => opened.close(() => ignoreFailure(queue.obliterate({ force: true }))),
  }
}

/** Null for what is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** BullMQ takes no plain number for an id. */
function idOf(number: number): string {
  return `job-${number}`
}

function numberOf(id: string): number {
  return Number(id.slice('job-'.length))
}

/** Jobs that this process works on. */
export interface TakenJobs {
  /** Takes no more; resolves when those that were begun have ended. */
  close(): Promise<void>
}

/** Why a job failed, as its coordinator is told; `final`: no other try would change that. */
export class JobFailure extends Error {
  readonly final: boolean

  constructor(text: string, final: boolean, cause: unknown) {
    super(text, { cause })
    this.final = final
  }
}

/** Takes jobs from that queue, `concurrency` of them at a time. Throws `queue-unreachable`. */
export async function takeJobs(
  url: string,
  queueName: string,
  { worker: name, concurrency }: { readonly worker: string; readonly concurrency: number },
  work: (number: number) => Promise<object>,
): Promise<TakenJobs> {
  const client = await connectPlain(url)

  async function process({ id = '' }: Job): Promise<object> {
    try {
      return await work(numberOf(id))
    } catch (error) {
      if (error instanceof JobFailure && error.final) throw new UnrecoverableError(error.message)
      throw error
    }
  }

  const worker = new Worker(queueName, process, {
    connection: client,
    prefix: keyPrefix,
    name,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: stalledCheckMs,
    maxStalledCount: mostStalls,
    runRetryDelay: 500,
  })
  ignoreErrors(worker)
  await worker.waitUntilReady()
  return {
    async close() {
      await worker.close()
      client.destroy()
    },
  }
}
