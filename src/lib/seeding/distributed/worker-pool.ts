import { setTimeout as sleep } from 'node:timers/promises'
import { onAbort } from '../../base/abort.ts'
import { redactUrl } from '../../base/redact-url.ts'
import { failure } from '../../base/errors/errors.ts'
import { readError } from '../../base/errors/error-text.ts'
import { placeWork, type PlacedWork, type WorkEnd } from '../../queue/jobs.ts'
import { seedJobName, type SeedJob } from './seed-job.ts'

/** How a seeding is spread over workers. */
export interface SpreadOptions {
  readonly queue: string
  /** So many workers at most. */
  readonly workers: number
  /** Blocks that each of them stores at the same time. */
  readonly connections: number
  /** The version of rushbench. */
  readonly version: string
  /** How long a seeding goes on without any worker, ms. */
  readonly waitMs: number
  readonly signal: AbortSignal
  /** Told what a person has to know of the workers. */
  readonly onNote: (text: string) => void
}

/** How a seeding comes to its end: all is stored, or it is told to stop, or it fails. */
export interface End {
  readonly reached: Promise<void>
  isReached(): boolean
  stop(): void
  fail(error: Error): void
  /** Throws the error that it failed with. */
  check(): void
}

/** An end that comes when `signal` aborts at the latest. */
export function createEnd(signal: AbortSignal): End {
  const { promise, resolve } = Promise.withResolvers<void>()
  let reached = false
  let failed: Error | null = null
  const stop = (): void => {
    reached = true
    resolve()
  }
  onAbort(signal, stop)
  return {
    reached: promise,
    isReached: () => reached,
    stop,
    fail(error) {
      if (!reached) failed = error
      stop()
    },
    check() {
      if (failed) throw failed
    },
  }
}

/** How long after a worker has left its place is offered to another, ms. */
const anotherAfterMs = 500

/** Workers that have jobs of a seeding. */
export interface WorkerPool {
  /** Puts a job for each on the queue. */
  call(): Promise<void>
  /**
   * Waits until all have ended, or for so long, ms: one that was lost is not known at once. A queue that is `lost` is asked
   * nothing.
   */
  dismiss(mostMs: number, lost: boolean): Promise<void>
}

/** The workers, as far as the queue tells of them: each has a job, and one that is lost makes room for another. */
export function createWorkerPool(
  job: SeedJob,
  { queue, workers, waitMs, onNote }: SpreadOptions,
  end: End,
): WorkerPool {
  const placed: Promise<PlacedWork>[] = []
  const working = new Set<string>()
  let aloneSince = performance.now()
  const watch = setInterval(() => {
    if (working.size > 0 || performance.now() - aloneSince < waitMs) return
    clearInterval(watch)
    end.fail(failure('workers-missing', { ready: 0, wanted: workers, seconds: waitMs / 1000, queue: redactUrl(queue) }))
  }, 200)

  function call(count: number): Promise<PlacedWork> {
    const group = placed.length
    const ended = new Set<number>()
    const begin = (index: number): void => {
      // BullMQ gives a job that was lost to another worker in order to fail it.
      if (ended.has(index)) return
      working.add(`${group}/${index}`)
      onNote(`${working.size} of ${workers} workers`)
    }
    const work = placeWork(
      queue,
      Array.from({ length: count }, () => ({ name: seedJobName, data: job })),
      (index, how) => {
        if (ended.has(index)) return
        ended.add(index)
        working.delete(`${group}/${index}`)
        aloneSince = performance.now()
        onEnd(how)
      },
      begin,
    )
    placed.push(work)
    return work
  }

  function onEnd(how: WorkEnd): void {
    if (end.isReached()) return
    if (how.kind === 'failed') {
      const refusal = readError(how.reason)
      if (refusal) return end.fail(refusal)
    }
    onNote(`a worker ${how.kind === 'done' ? 'has left' : 'was lost'}: ${working.size} of ${workers} are left`)
    // Not at once: what ends a job as soon as it is taken would be met over and over.
    setTimeout(() => {
      if (!end.isReached()) call(1).catch((error: Error) => end.fail(error))
    }, anotherAfterMs)
  }

  return {
    call: async () => void (await call(workers)),
    async dismiss(mostMs, lost) {
      clearInterval(watch)
      const giveUpAt = performance.now() + mostMs
      while (working.size > 0 && performance.now() < giveUpAt) await sleep(20)
      const opened = (await Promise.allSettled(placed)).flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
      await Promise.allSettled(opened.map((one) => one.close(lost)))
    },
  }
}
