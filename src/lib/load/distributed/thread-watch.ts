import { failure, type RushbenchError } from '../../base/errors/errors.ts'
import { monotonicMs } from '../../base/measure/clock.ts'
import type { Expectations } from './channel-watch.ts'
import type { ScenarioTask } from './generators.ts'
import { mostOvertimeMs } from '../engine/engine.ts'
import { graceOf } from '../engine/generator.ts'
import { aliveEveryMs, mostSilences } from './generator-messages.ts'
import { endOf } from '../engine/model.ts'

/** The work of a thread that is watched. */
export type WatchedTask = Pick<ScenarioTask, 'scenarioFile' | 'model' | 'timeout' | 'prepareTimeout'>

/** Beyond what a run takes at most, ms: a busy machine is late. */
const marginMs = 5000

/**
 * What is expected of a thread: that it reads and prepares in its time, comes back to its event loop, and ends when its
 * run does.
 */
export function expectationsOf(task: WatchedTask): Expectations {
  const limits = {
    prepare: secondsOf(task.prepareTimeout),
    end: secondsOf(graceOf(task.timeout) + mostOvertimeMs + marginMs),
  }
  let phase: 'reading' | 'preparing' | 'waiting' | 'running' = 'reading'
  /** Seconds in which nothing came that shows how far it is. */
  let idle = 0
  /** Of the run; for ever where it takes as long as its requests. */
  let left = Infinity
  let prepared = 0
  let names = 'of the workload'

  function moveOn(to: typeof phase): void {
    phase = to
    idle = 0
  }

  return {
    onSend(message) {
      if (message.kind === 'run') {
        const aheadMs = message.at === null ? 0 : Math.max(0, message.at - monotonicMs())
        left = limits.end + secondsOf(aheadMs + endOf(task.model))
        moveOn('running')
      }
      if (message.kind === 'stop') left = Math.min(left, limits.end)
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
      return idle < limits.prepare ? null : explain(task, phase, { seconds: idle, hangs: silent > 2, names })
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
  { scenarioFile: file }: WatchedTask,
  phase: 'reading' | 'preparing',
  { seconds, hangs, names }: Standstill,
): RushbenchError {
  const cause = hangs ? 'in an endless loop without await, it seems' : 'with a promise that never settles, it seems'
  if (phase === 'preparing') {
    const reason = `none has become ready for ${seconds} s (setting prepareTimeout), ${cause}`
    return failure('scenario-not-prepared', { name: names, reason })
  }
  const reason = `it has not been read for ${seconds} s (setting prepareTimeout), ${cause}`
  return file === null ? failure('thread-ended', { reason }) : failure('scenario-unusable', { file, reason })
}
