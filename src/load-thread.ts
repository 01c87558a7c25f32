// What a thread of "load --threads" runs.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import type { ScenarioTask } from './lib/load/choose-generators.ts'
import { serveGenerator } from './lib/load/serve-generator.ts'
import { realClock } from './lib/measure/clock.ts'
import { readTaskScenarios } from './task-scenarios.ts'

const task = workerData as ScenarioTask
const port = parentPort as MessagePort

await serveGenerator(
  {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin, windows do
    send: (message) => port.postMessage(message),
    listen: (onMessage) => void port.on('message', onMessage),
  },
  task,
  { clock: realClock, inThread: true, readScenarios: () => readTaskScenarios(task) },
)
