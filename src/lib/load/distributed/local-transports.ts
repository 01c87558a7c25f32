import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import type { GeneratorHooks, LoadGenerator } from '../engine/generator.ts'
import type { ShardJob } from '../engine/load-job.ts'
import { createRemoteGenerator } from './remote-generator.ts'
import type { Command, Telemetry, Transport } from './protocol.ts'
import { expectationsOf, signsOfLife, watchTransport } from './watchdog.ts'
import { startWorkerThread } from './worker-threads.ts'

/** How long a thread is waited for that was told to end, ms: one that waits for another program does not hear of it. */
const endMs = 2000

/**
 * A generator in a thread of its own, which runs the module `entry` with `job` as its data. One whose scenario does not come
 * back is lost, and ended. Throws `thread-ended` when it ends before the load begins.
 */
export function startGeneratorThread(entry: URL, job: ShardJob, hooks: GeneratorHooks): LoadGenerator {
  const transport = watchTransport(startThread(entry, job), expectationsOf(job))
  return createRemoteGenerator(transport, hooks, (reason) => failure('thread-ended', { reason }))
}

function startThread(entry: URL, job: ShardJob): Transport {
  const worker = startWorkerThread(entry, job)
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
    send: (command) => worker.postMessage(command),
    listen(onMessage, onLost) {
      worker.on('message', (message: Telemetry) => void onMessage(message))
      worker.once('error', (error) => onLost(reasonOf(error)))
      worker.once('exit', (code) => onLost(`it ended by itself, with exit code ${code}`))
    },
    close: async () => void (await Promise.race([worker.terminate(), sleep(endMs, undefined, { ref: false })])),
  }
}

/** The first message to a process, before all commands. */
export interface ProcessTask {
  readonly kind: 'task'
  readonly job: ShardJob
  /** The version of rushbench. */
  readonly version: string
}

/**
 * A generator in a process of its own, which runs the module `entry` and is sent `task`. One that ends or falls silent
 * for 8 s while it runs is lost. Throws `worker-ended` when it does so before.
 */
export function startGeneratorProcess(entry: URL, task: ProcessTask, hooks: GeneratorHooks): LoadGenerator {
  const transport = watchTransport(startProcess(entry, task), signsOfLife)
  return createRemoteGenerator(transport, hooks, (reason) => failure('worker-ended', { reason }))
}

function startProcess(entry: URL, task: ProcessTask): Transport {
  // Its own process group: Ctrl-C reaches whoever started it alone, who then stops it in its own time.
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  const send = (message: ProcessTask | Command): void => {
    // What is sent to a process that has ended is nobody's loss: its end is told by itself.
    if (child.connected) child.send(message, () => {})
  }
  send(task)
  return {
    send,
    listen(onMessage, onLost) {
      child.on('message', (message: Telemetry) => void onMessage(message))
      child.once('error', ({ message }) => onLost(message))
      // Not at its exit: then what it said last may not have been read.
      child.once('close', (code, signal) => {
        onLost(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`)
      })
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}
