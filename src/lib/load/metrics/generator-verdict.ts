import { ownReasons } from '../clients/http/failures.ts'
import type { GeneratorHealth } from './generator-monitor.ts'

/** Whether the generator was fast enough for its own figures to be believed. */
export interface GeneratorVerdict {
  readonly valid: boolean
  /** Each says which part of the generator passed which limit. */
  readonly reasons: readonly string[]
  /** A remedy; null for a valid run. */
  readonly advice: string | null
}

/**
 * Above these the generator was the bottleneck. CPU: what is left of a core is what bursts are sent with. Lateness: it
 * stands in every response time, and on a machine that others use too, single stalls of some 50 ms are normal. Stalls are
 * judged by time, since few requests fall into one: what should have been sent meanwhile was sent after it or never.
 */
const limits = {
  cpuPercent: 90,
  lateMs: 100,
  /** Limit of the latest request alone, where there are too few for a percentile; and of one stall. */
  longestMs: 1000,
  stalledShare: 0.02,
  /** Floor of stalled time: in a short run, a share is a single stall. */
  stalledMs: 500,
  /** Shortest run that is judged by processor time: less is mostly start-up. */
  cpuMs: 500,
  /** Share of requests that found no connection because of the generator's own machine. */
  unconnectedShare: 0.001,
} as const

/** A resource that a generator lacks. */
type Lack = 'processor' | 'time' | 'worker' | 'scenario' | 'connections'

interface Complaint {
  readonly lack: Lack
  readonly reason: string
}

const advice: Readonly<Record<Lack, string>> = {
  processor: 'Make the load in more threads (--threads) or workers (--workers), or make less of it.',
  time: 'Use a machine on which nothing else runs, several of them (--workers with --queue), or a lower load.',
  worker: 'See what ended the worker, and start it again.',
  connections: 'Let a process open more (ulimit -n), make the load in more workers, or make less of it.',
  scenario: 'Look in the scenario for what ends its thread, or keeps it busy.',
}

/** Why a generator was lost, of which nobody knows what it measured after it last said so. */
export function restMissing(reason: string): string {
  return `${reason}; what it measured in its last second is missing`
}

/** The remedy where it is only known that the generator could not keep up. */
export const generalAdvice = `${advice.processor} ${advice.time}`

/**
 * Not valid when any limit is passed in any thread; says which. Nor when a thread was not there until the end: `lost`
 * says of each why, or null.
 */
export function judgeThreads(
  threads: readonly GeneratorHealth[],
  lost: readonly (string | null)[] = [],
): GeneratorVerdict {
  const nameOf = (index: number, count: number): string => (count > 1 ? `thread ${index + 1}` : 'the load generator')
  return verdictOf([
    ...lost.flatMap((reason, index): Complaint[] =>
      reason === null ? [] : [{ lack: 'scenario', reason: `${nameOf(index, lost.length)} was lost: ${reason}` }],
    ),
    ...threads.flatMap((health, index) => complaintsOf(nameOf(index, threads.length), health)),
  ])
}

/** A worker process, and what became of it. */
export interface JudgedWorker {
  readonly name: string
  readonly host: string
  /** Null when it did not say. */
  readonly health: GeneratorHealth | null
  /** Why it was not there until the end; null when it was. */
  readonly lost: string | null
}

/** Not valid when a worker was lost, or any limit is passed in any; says which. */
export function judgeWorkers(workers: readonly JudgedWorker[]): GeneratorVerdict {
  return verdictOf(
    workers.flatMap(({ name, host, health, lost }): Complaint[] => {
      const who = `worker ${name} on ${host}`
      return [
        ...(lost === null ? [] : [{ lack: 'worker' as const, reason: `${who} was lost: ${lost}` }]),
        ...(health ? complaintsOf(who, health) : []),
      ]
    }),
  )
}

/** Requests and failures. */
interface Sent {
  readonly requests: number
  readonly failureReasons: Readonly<Record<string, number>>
}

/** The same verdict, or not valid where the generator's machine had no connections for its requests: no server failed these. */
export function judgeConnections(verdict: GeneratorVerdict, { requests, failureReasons }: Sent): GeneratorVerdict {
  const given = ownReasons.filter((reason) => (failureReasons[reason] ?? 0) > 0)
  const count = given.reduce((sum, reason) => sum + (failureReasons[reason] ?? 0), 0)
  if (count <= requests * limits.unconnectedShare) return verdict
  const reason = `the load generator had no connection for ${count} of ${requests} requests: ${given.join(', ')}`
  return {
    valid: false,
    reasons: [...verdict.reasons, reason],
    advice: [verdict.advice, advice.connections].filter((text) => text !== null).join(' '),
  }
}

function verdictOf(complaints: readonly Complaint[]): GeneratorVerdict {
  const lacks = [...new Set(complaints.map(({ lack }) => lack))]
  return {
    valid: complaints.length === 0,
    reasons: complaints.map(({ reason }) => reason),
    advice: lacks.length > 0 ? lacks.map((lack) => advice[lack]).join(' ') : null,
  }
}

function complaintsOf(who: string, health: GeneratorHealth): Complaint[] {
  const { cpuPercent, watchedMs, sharesThread = false } = health
  // Its time is that of the database as well, and stands in the statements' times.
  if (sharesThread) return []
  const complaints: Complaint[] = []
  if (cpuPercent > limits.cpuPercent && watchedMs >= limits.cpuMs) {
    const reason = `${who} used ${cpuPercent.toFixed(0)}% of a core (limit ${limits.cpuPercent}%)`
    complaints.push({ lack: 'processor', reason })
  }
  for (const phrase of [stallPhrase(health), latePhrase(health)]) {
    if (phrase !== null) complaints.push({ lack: 'time', reason: `${who} ${phrase}` })
  }
  return complaints
}

function stallPhrase({ watchedMs, stalledMs, longestStallMs }: GeneratorHealth): string | null {
  if (longestStallMs > limits.longestMs)
    return `stood still for ${seconds(longestStallMs)} at a time (limit ${seconds(limits.longestMs)})`
  if (stalledMs <= Math.max(limits.stalledMs, limits.stalledShare * watchedMs)) return null
  return `stood still for ${seconds(stalledMs)} of ${seconds(watchedMs)} (limit ${100 * limits.stalledShare}%, and ${limits.stalledMs} ms)`
}

function latePhrase({ lateStart }: GeneratorHealth): string | null {
  if (lateStart === null) return null
  const { percentile, ms } = lateStart
  const few = percentile === 100
  const limit = few ? limits.longestMs : limits.lateMs
  if (ms <= limit) return null
  return `sent its requests ${ms.toFixed(0)} ms late ${few ? 'at most' : `at p${percentile}`} (limit ${limit} ms)`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
