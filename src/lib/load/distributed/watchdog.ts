import { failure } from '../../base/errors/errors.ts'
import { monotonicMs } from '../../base/measure/clock.ts'
import { mostOvertimeMs } from '../engine/engine.ts'
import { graceOf } from '../engine/generator.ts'
import type { ShardJob } from '../engine/load-job.ts'
import { endOf } from '../engine/model.ts'
import { aliveEveryMs, mostSilences, type Command, type Telemetry, type Transport } from './protocol.ts'

/** Expectations of a worker on this machine. */
export interface Expectations {
  onSend?(command: Command): void
  onMessage?(message: Telemetry): void
  /**
   * Asked each second, with how many of them it has said nothing for. A text says why it is lost, an error that it has
   * failed, and null that all is well.
   */
  complaintAfter(silentSeconds: number): string | Error | null
}

/** Expects of every worker while it runs that it says something, if only that it lives. */
export const signsOfLife: Expectations = {
  complaintAfter: (silentSeconds) =>
    silentSeconds < mostSilences ? null : `it has said nothing for ${silentSeconds} s`,
}

/**
 * Watches a worker on this machine: one that does not do what is expected of it is said to have failed or to be lost, and
 * is ended. Seconds are counted in which nothing came, not time, since this process may have been stopped itself.
 */
export function watchTransport(transport: Transport, expected: Expectations): Transport {
  let silentSeconds = 0
  let isOver = false
  return {
    send(command) {
      if (command.kind === 'begin') silentSeconds = 0
      expected.onSend?.(command)
      transport.send(command)
    },
    listen(onMessage, onLost) {
      const timer = setInterval(() => {
        const complaint = expected.complaintAfter(++silentSeconds)
        if (complaint === null) return
        stop()
        onLost(complaint)
        void transport.close()
      }, aliveEveryMs)

      function stop(): void {
        clearInterval(timer)
        isOver = true
      }

      transport.listen(
        (message) => {
          if (isOver) return
          silentSeconds = 0
          expected.onMessage?.(message)
          if (message.kind === 'end' || message.kind === 'failed') stop()
          return onMessage(message)
        },
        (reason) => {
          stop()
          onLost(reason)
        },
      )
    },
    close: () => transport.close(),
  }
}

/** As much of a thread's work as is watched. */
type WatchedJob = Pick<ShardJob, 'scenarioFile' | 'model' | 'timeout' | 'prepareTimeout'>

/** Beyond what a run takes at most, ms: a busy machine is late. */
const marginMs = 5000

/** Expects of a thread that it reads and prepares in its time, comes back to its event loop, and ends when its run does. */
export function expectationsOf(job: WatchedJob): Expectations {
  const limits = {
    prepare: secondsOf(job.prepareTimeout),
    end: secondsOf(graceOf(job.timeout) + mostOvertimeMs + marginMs),
  }
  let phase: 'reading' | 'preparing' | 'waiting' | 'running' = 'reading'
  /** Seconds in which nothing came that shows how far it is. */
  let idle = 0
  /** Seconds of the run; for ever where it takes as long as its requests. */
  let left = Infinity
  let prepared = 0
  let names = 'of the workload'

  function moveOn(to: typeof phase): void {
    phase = to
    idle = 0
  }

  return {
    onSend(command) {
      if (command.kind === 'begin') {
        const aheadMs = command.at === null ? 0 : Math.max(0, command.at - monotonicMs())
        left = limits.end + secondsOf(aheadMs + endOf(job.model))
        moveOn('running')
      }
      if (command.kind === 'stop') left = Math.min(left, limits.end)
    },
    onMessage(message) {
      if (message.kind === 'read') {
        names = message.names.join(', ')
        moveOn('preparing')
      }
      if (message.kind === 'preparing' && message.done > prepared) {
        prepared = message.done
        idle = 0
      }
      if (message.kind === 'prepared') moveOn('waiting')
    },
    complaintAfter(silent) {
      idle++
      if (phase === 'waiting') return null
      if (phase === 'running') {
        left--
        if (silent >= mostSilences) return reasonOfSilence(silent)
        return left > 0 ? null : `it did not end within ${limits.end} s of the end of the run`
      }
      return idle < limits.prepare ? null : explain(job, phase, { seconds: idle, hangs: silent > 2, names })
    },
  }
}

function secondsOf(ms: number): number {
  return Math.ceil(ms / aliveEveryMs)
}

function reasonOfSilence(seconds: number): string {
  return `the scenario did not return to the event loop for ${seconds} s: an endless loop without await?`
}

interface Standstill {
  readonly seconds: number
  /** It does not even say that it lives. */
  readonly hangs: boolean
  readonly names: string
}

function explain(
  { scenarioFile: file }: WatchedJob,
  phase: 'reading' | 'preparing',
  { seconds, hangs, names }: Standstill,
): Error {
  const cause = hangs ? 'in an endless loop without await, it seems' : 'with a promise that never settles, it seems'
  if (phase === 'preparing') {
    const reason = `none has become ready for ${seconds} s (setting prepareTimeout), ${cause}`
    return failure('scenario-not-prepared', { name: names, reason })
  }
  const reason = `it has not been read for ${seconds} s (setting prepareTimeout), ${cause}`
  return file === null ? failure('thread-ended', { reason }) : failure('scenario-unusable', { file, reason })
}
