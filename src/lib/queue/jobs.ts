import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker, type Job, type JobJson } from 'bullmq'
import { ignoreFailure } from '../base/abort.ts'
import { redactUrl } from '../base/redact-url.ts'
import { reasonOf } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { ignoreErrors, openQueue, type OpenedQueue } from './bullmq.ts'
import { connectPlain } from './client.ts'
import { keyPrefix, lockMs, queueName, stalledCheckMs } from './names.ts'

/** A job on the queue, as plain data. */
export interface Work {
  /** The kind of work, by which a worker knows what to do. */
  readonly name: string
  readonly data: object
}

/** The end of a job. */
export type WorkEnd =
  | { readonly kind: 'done' }
  /** The worker said so. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** The worker has not said for too long that it still works on it. */
  | { readonly kind: 'stalled' }

/**
 * Work that nobody takes outlives whoever has placed it for so long, ms: longer than the longest run, in which it must
 * not go. It is small, and the first worker that comes takes it away.
 */
const jobLivesMs = 40 * 24 * 3_600_000

/** Work that was put on the queue. */
export interface PlacedWork {
  /** Takes what is left of it from the queue; nothing is asked of a queue that is `lost`. */
  close(lost: boolean): Promise<void>
}

/**
 * Puts work on the queue and follows what becomes of it. No job is ever begun twice: one whose worker fell silent is
 * `stalled`, which is looked after from here, because there may be no worker left to do it. `onBegin` is told of each
 * job that a worker has taken.
 */
export async function placeWork(
  url: string,
  work: readonly Work[],
  onEnd: (index: number, end: WorkEnd) => void,
  onBegin: (index: number) => void = () => {},
): Promise<PlacedWork> {
  const opened = await openQueue(url, queueName, secondAgo)
  const { client, queue, events, options } = opened
  const watchman = new Worker(queueName, null, { ...options, ...workerOptions, autorun: false })
  ignoreErrors(watchman)
  // Named here, since a worker may have said no before the answer is there that tells how they were numbered.
  const jobIds = work.map(() => randomUUID())
  const indexes = new Map<string, number>(jobIds.map((id, index) => [id, index]))
  const end = (jobId: string, how: WorkEnd): void => {
    const index = indexes.get(jobId)
    if (index !== undefined) onEnd(index, how)
  }
  events.on('active', ({ jobId }) => {
    const index = indexes.get(jobId)
    if (index !== undefined) onBegin(index)
  })
  events.on('completed', ({ jobId }) => end(jobId, { kind: 'done' }))
  events.on('failed', ({ jobId, failedReason }) => end(jobId, { kind: 'failed', reason: failedReason }))
  events.on('stalled', ({ jobId }) => end(jobId, { kind: 'stalled' }))
  await events.waitUntilReady()
  await watchman.startStalledCheckTimer()
  const jobs = await queue.addBulk(
    work.map(({ name, data }, index) => {
      return { name, data, opts: { jobId: jobIds[index] as string, removeOnComplete: true, removeOnFail: true } }
    }),
  )
  // Should this process die before any worker has taken them.
  await Promise.all(jobIds.map((id) => client.pExpire(queue.toKey(id), jobLivesMs)))
  return {
    close: (lost) => opened.close(() => Promise.allSettled(jobs.map((job) => job.remove())), [watchman], lost),
  }
}

/** Returns a moment a second ago, on the server: events from before are of no interest. */
async function secondAgo(client: OpenedQueue['client']): Promise<number> {
  const [seconds] = await client.time()
  return Number(seconds) * 1000 - 1000
}

const workerOptions = {
  concurrency: 1,
  lockDuration: lockMs,
  stalledInterval: stalledCheckMs,
  maxStalledCount: 0,
  runRetryDelay: 1000,
}

/** Does one job of a kind. */
export interface WorkHandler {
  /** Its error is what whoever placed the work is told. `lost` aborts when the queue took the work away. */
  (data: unknown, lost: AbortSignal): Promise<void>
}

/** A worker that waits for work. */
export interface WorkTaker {
  /** Takes no more work, and resolves when the job under way has ended. */
  close(): Promise<void>
}

/** Drops jobs whose data is no JSON: BullMQ would throw, leave them where they are, and come upon them again and again. */
class JobReader extends Worker<unknown> {
  onUnreadable: () => void = () => {}

  protected override createJob(data: JobJson, id: string): Job<unknown> {
    try {
      return super.createJob(data, id)
    } catch {
      this.onUnreadable()
      // Of no kind that anybody handles, it is done at once.
      return super.createJob({ ...data, name: '', data: '{}', opts: { ...data.opts, removeOnComplete: true } }, id)
    }
  }
}

/**
 * Takes work from the queue, one job at a time, for as long as it is not closed. `onNote` is told when the queue goes away
 * and comes back, and of jobs that cannot be read. Throws `queue-unreachable`.
 */
export async function takeWork(
  url: string,
  name: string,
  handlers: Readonly<Record<string, WorkHandler>>,
  onNote: (text: string) => void,
): Promise<WorkTaker> {
  const client = await connectPlain(url)
  let lost = new AbortController()
  let underWay: Promise<void> = Promise.resolve()

  function process(job: Job<unknown>): Promise<void> {
    underWay = handleJob(job)
    return underWay
  }

  async function handleJob({ name: kind, data }: Job<unknown>): Promise<void> {
    lost = new AbortController()
    const handle = Object.hasOwn(handlers, kind) ? handlers[kind] : undefined
    // What is left of a run whose coordinator has died has no name.
    if (handle) await handle(data, lost.signal)
  }

  const worker = new JobReader(queueName, process, { connection: client, prefix: keyPrefix, name, ...workerOptions })
  worker.on('lockRenewalFailed', () => lost.abort())
  let away = false
  const say = (text: string): void => onNote(`The queue ${redactUrl(url)} ${text}`)
  let unreadable = 0
  worker.onUnreadable = () => {
    if (++unreadable === 1) say('holds a job that cannot be read, since its data is not JSON; it was dropped')
  }
  worker.on('error', (error) => {
    // What became of a job is said where it is done.
    if (away || /for job /.test(error.message)) return
    if (error instanceof SyntaxError) {
      // Without its number, so that it cannot be dropped.
      if (++unreadable === 1) say(`holds a job that cannot be read: ${reasonOf(error)}`)
      return
    }
    away = true
    say(`is away: ${reasonOf(error)}`)
  })
  client.on('ready', () => {
    if (away) say('is back')
    away = false
  })
  await worker.waitUntilReady()
  return {
    async close() {
      const closing = ignoreFailure(worker.close())
      await ignoreFailure(underWay)
      // The queue may be away: then nobody answers.
      await Promise.race([closing, sleep(closeMs, undefined, { ref: false })])
      if (client.isOpen) client.destroy()
      if (unreadable > 1) say(`held ${formatCount(unreadable)} jobs that could not be read`)
    },
  }
}

/** How long the queue is waited for once no job is under way, ms. */
const closeMs = 2000
