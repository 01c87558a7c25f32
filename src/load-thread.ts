// What a thread of "load --threads" runs.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { serveGenerator } from './lib/load/generator-worker.ts'
import type { ThreadTask } from './lib/load/run.ts'
import { readScenarios } from './lib/load/scenario-file.ts'
import { realClock } from './lib/measure/clock.ts'
import { vaccination, type VaccinationOptions } from './lib/workloads/vaccination/index.ts'

const task = workerData as ThreadTask<VaccinationOptions>

await serveGenerator(parentPort as MessagePort, task, {
  clock: realClock,
  readScenarios: async () =>
    task.scenarioFile === null
      ? vaccination.scenarios(task.workloadOptions, task.runId)
      : readScenarios(task.scenarioFile),
})
