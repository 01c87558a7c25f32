import { failure, sentError, type RushbenchError } from '../errors.ts'
import { monotonicMs } from '../measure/clock.ts'
import type { ScenarioTask } from './choose-generators.ts'
import { mostOvertimeMs } from './engine.ts'
import { graceOf } from './generator.ts'
import { aliveEveryMs, mostSilences } from './generator-messages.ts'
import { endOf } from './model.ts'
import type { GeneratorChannel } from './remote-generator.ts'

/** The work of a thread that is watched. */
export type WatchedTask = Pick<ScenarioTask, 'scenarioFile' | 'model' | 'timeout' | 'prepareTimeout'>

/** Beyond what a run takes at most, ms: a busy machine is late. */
const marginMs = 5000

/**
 * A channel to a thread that reads and prepares in its time, comes back to its event loop, and ends when its run does: one
 * that does not is said to have failed or ended, and why. Seconds are counted in which that is so, not time, since this
 * process may have been stopped itself.
 */
export function watchThread(channel: GeneratorChannel, task: WatchedTask): GeneratorChannel {
  const limits = {
    prepare: secondsOf(task.prepareTimeout),
    end: secondsOf(graceOf(task.timeout) + mostOvertimeMs + marginMs),
  }
  let phase: 'reading' | 'preparing' | 'waiting' | 'running' | 'over' = 'reading'
  /** In which nothing came, and in which nothing came that shows how far it is. */
  let silent = 0
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
    send(message) {
      if (message.kind === 'run') {
        const aheadMs = message.at === null ? 0 : Math.max(0, message.at - monotonicMs())
        left = limits.end + secondsOf(aheadMs + endOf(task.model))
        silent = 0
        moveOn('running')
      }
      if (message.kind === 'stop') left = Math.min(left, limits.end)
      channel.send(message)
    },
    listen(onMessage, onEnd) {
      const timer = setInterval(() => {
        silent++
        idle++
        if (phase === 'running') {
          left--
          if (silent >= mostSilences) end(reasonOfSilence(silent))
          else if (left <= 0) end(`it did not end within ${limits.end} s of the end of the run`)
        } else if (phase !== 'waiting' && idle >= limits.prepare) {
          fail(explain(task, phase, { seconds: idle, hangs: silent > 2, names }))
        }
      }, aliveEveryMs)

      function stop(): void {
        clearInterval(timer)
        phase = 'over'
      }

      function end(reason: string): void {
        stop()
        onEnd(reason)
        void channel.close()
      }

      function fail(error: RushbenchError): void {
        stop()
        onMessage({ kind: 'failed', ...sentError(error) })
        void channel.close()
      }

      channel.listen(
        (message) => {
          if (phase === 'over') return
          silent = 0
          if (message.kind === 'read') {
            names = message.names.join(', ')
            moveOn('preparing')
          }
          if (message.kind === 'preparing' && message.done > prepared) {
            prepared = message.done
            idle = 0
          }
          if (message.kind === 'prepared') moveOn('waiting')
          if (message.kind === 'finished' || message.kind === 'failed') stop()
          onMessage(message)
        },
        (reason) => {
          stop()
          onEnd(reason)
        },
      )
    },
    close: () => channel.close(),
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
  phase: 'reading' | 'preparing' | 'over',
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
