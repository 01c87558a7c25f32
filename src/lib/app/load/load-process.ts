// What a process of "load --workers" without a queue runs.
import { hostname } from 'node:os'
import { openDatabaseClient } from '../../adapters/databases/registry.ts'
import { realClock } from '../../base/measure/clock.ts'
import { startGeneratorThread, type ProcessTask } from '../../load/distributed/local-transports.ts'
import { aliveEveryMs, type Command, type Telemetry } from '../../load/distributed/protocol.ts'
import { serveShard } from '../../load/distributed/serve-shard.ts'
import { createGenerator } from '../../load/engine/generator.ts'
import { moduleBeside } from './entry-points.ts'
import { readJobScenarios } from './job-scenarios.ts'

const send = (message: Telemetry): void => void process.send?.(message, undefined, undefined, () => {})

// Whoever started it is gone.
process.once('disconnect', () => process.exit())
setInterval(() => send({ kind: 'alive' }), aliveEveryMs)

process.once('message', ({ job, version }: ProcessTask) => {
  const name = String(job.shard.index + 1)
  send({ kind: 'hello', worker: { name, host: hostname(), pid: process.pid, version, clock: null } })
  const listen = (onCommand: (command: Command) => void): void => void process.on('message', onCommand)
  void serveShard({ send, listen }, async (hooks) => {
    // A file may keep its thread busy for ever; this one still hears when its load is given up.
    if (job.scenarioFile !== null) return startGeneratorThread(moduleBeside('load-thread'), job, hooks)
    return createGenerator(job, hooks, {
      scenarios: await readJobScenarios(job),
      clock: realClock,
      openClient: openDatabaseClient,
    })
  })
})
