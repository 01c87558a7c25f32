// What a thread runs that makes load: by "load --threads", or by what a person's own scenario file says.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { reasonOf } from '../../base/errors/errors.ts'
import type { ShardJob } from '../../load/engine/load-job.ts'
import { sharedMemory } from '../../load/metrics/counts-memory.ts'
import { createGenerator, type LocalGenerator } from '../../load/engine/generator.ts'
import { aliveEveryMs, type Telemetry } from '../../load/distributed/protocol.ts'
import { isStop } from '../../load/engine/refusals.ts'
import { serveShard } from '../../load/distributed/serve-shard.ts'
import { openDatabaseClient } from '../../adapters/databases/registry.ts'
import { realClock } from '../../base/measure/clock.ts'
import { readJobScenarios } from './job-scenarios.ts'

const job = workerData as ShardJob
const port = parentPort as MessagePort
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
const send = (message: Telemetry): void => port.postMessage(message)

/** Errors that scenarios threw where nobody waits for them, until there is a generator that counts them. */
const early: string[] = []
let generator: Pick<LocalGenerator, 'recordError'> = { recordError: (reason) => void early.push(reason) }

/** A scenario that forgets to await something does not end its run. */
function onStrayError(error: unknown): void {
  if (!isStop(error)) generator.recordError(`not awaited: ${reasonOf(error)}`)
}

process.on('unhandledRejection', onStrayError)
process.on('uncaughtException', onStrayError)
setInterval(() => send({ kind: 'alive' }), aliveEveryMs)

const memory = sharedMemory((piece) => send({ kind: 'counts', piece }))

await serveShard({ send, listen: (onMessage) => void port.on('message', onMessage) }, async (hooks) => {
  const scenarios = await readJobScenarios(job)
  send({ kind: 'read', names: scenarios.map(({ name }) => name) })
  const { isAlone = false } = job
  const local = createGenerator(job, hooks, {
    scenarios,
    clock: realClock,
    openClient: openDatabaseClient,
    inThread: true,
    isAlone,
    memory,
  })
  for (const reason of early) local.recordError(reason)
  generator = local
  return local
}).catch((error: unknown) => {
  // No fault of the scenario: whoever started this thread hears that it has ended, and why.
  process.off('uncaughtException', onStrayError)
  setImmediate(() => {
    throw error
  })
})
