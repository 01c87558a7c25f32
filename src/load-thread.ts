// What a thread of "load --threads" runs.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { serveGenerator } from './lib/load/generator-worker.ts'
import type { ThreadTask } from './lib/load/run.ts'
import { readScenarios } from './lib/load/scenario-file.ts'
import { realClock } from './lib/measure/clock.ts'
import type { Settings } from './lib/config/settings.ts'
import { loadWorkload } from './lib/workloads/registry.ts'

const task = workerData as ThreadTask<Settings>

await serveGenerator(parentPort as MessagePort, task, {
  clock: realClock,
  readScenarios: async () =>
    task.scenarioFile === null
      ? (await loadWorkload(task.workloadOptions.workload)).scenarios(task.workloadOptions, task.runId)
      : readScenarios(task.scenarioFile),
})
