// What a process of "load --workers" without a queue runs.
import { hostname } from 'node:os'
import { createGenerator } from '../../load/engine/generator.ts'
import { aliveEveryMs, type FromGenerator, type ToGenerator } from '../../load/distributed/generator-messages.ts'
import type { ToProcess } from '../../load/distributed/generator-process.ts'
import { startGeneratorThread } from '../../load/distributed/generator-thread.ts'
import type { ProcessTask } from '../../load/distributed/generators.ts'
import { serveGenerator } from '../../load/distributed/serve-generator.ts'
import { realClock } from '../../base/measure/clock.ts'
import { moduleBeside } from './entry-points.ts'
import { readTaskScenarios } from './task-scenarios.ts'

const send = (message: FromGenerator): void => void process.send?.(message, undefined, undefined, () => {})

// Whoever started it is gone.
process.once('disconnect', () => process.exit())
setInterval(() => send({ kind: 'alive' }), aliveEveryMs)

process.once('message', (first: ToProcess) => {
  if (first.kind !== 'task') throw new TypeError(`the first message is ${first.kind}, not the task`)
  const task = first.task as ProcessTask
  const name = String(task.shard.index + 1)
  send({ kind: 'hello', worker: { name, host: hostname(), pid: process.pid, version: task.version, clock: null } })
  const listen = (onMessage: (message: ToGenerator) => void): void => {
    process.on('message', (message: ToProcess) => message.kind === 'task' || onMessage(message))
  }
  void serveGenerator({ send, listen }, async (hooks) => {
    // A file may keep its thread busy for ever; this one still hears when its load is given up.
    if (task.scenarioFile !== null) return startGeneratorThread(moduleBeside('load-thread'), task, hooks)
    return createGenerator(task, hooks, { scenarios: await readTaskScenarios(task), clock: realClock })
  })
})
