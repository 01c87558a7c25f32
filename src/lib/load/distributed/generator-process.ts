import { fork } from 'node:child_process'
import { once } from 'node:events'
import { failure } from '../../base/errors/errors.ts'
import { signsOfLife, watchChannel } from './channel-watch.ts'
import type { GeneratorHooks, LoadGenerator } from '../engine/generator.ts'
import type { ToGenerator } from './generator-messages.ts'
import { createRemoteGenerator, type GeneratorChannel } from './remote-generator.ts'

/** What goes to a process beside the messages of its generator: first its task. */
export type ToProcess = { readonly kind: 'task'; readonly task: object } | ToGenerator

/**
 * A generator in a process of its own, which runs the module `entry` and is sent `task`. One that ends or falls silent
 * for 8 s while it runs is lost. Throws `worker-ended` when it does so before.
 */
export function startGeneratorProcess(entry: URL, task: object, hooks: GeneratorHooks): LoadGenerator {
  return createRemoteGenerator(watchChannel(startProcess(entry, task), signsOfLife), hooks, (reason) =>
    failure('worker-ended', { reason }),
  )
}

function startProcess(entry: URL, task: object): GeneratorChannel {
  // Its own process group: Ctrl-C reaches whoever started it alone, who then stops it in its own time.
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  })
  const send = (message: ToProcess): void => {
    // What is sent to a process that has ended is nobody's loss: its end is told by itself.
    if (child.connected) child.send(message, () => {})
  }
  send({ kind: 'task', task })
  return {
    send,
    listen(onMessage, onEnd) {
      child.on('message', onMessage)
      child.once('error', ({ message }) => onEnd(message))
      // Not at its exit: then what it said last may not have been read.
      child.once('close', (code, signal) => {
        onEnd(signal ? `it was ended by ${signal}` : `it ended with exit code ${code}`)
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
