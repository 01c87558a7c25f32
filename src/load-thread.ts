// What a thread of "load --threads" runs.
import { parentPort, workerData, type MessagePort } from 'node:worker_threads'
import { chooseScenarios } from './lib/load/mix.ts'
import { serveGenerator } from './lib/load/generator-worker.ts'
import type { ThreadTask } from './lib/load/run.ts'
import { readScenarios } from './lib/load/scenario-file.ts'
import { realClock } from './lib/measure/clock.ts'
import type { Settings } from './lib/config/settings.ts'
import { loadWorkload } from './lib/workloads/registry.ts'

const task = workerData as ThreadTask<Settings>

await serveGenerator(parentPort as MessagePort, task, {
  clock: realClock,
  async readScenarios() {
    const { scenarioFile, workloadOptions, runId } = task
    if (scenarioFile !== null) return readScenarios(scenarioFile)
    const workload = await loadWorkload(workloadOptions.workload)
    return chooseScenarios(workload.scenarios(workloadOptions, runId), workloadOptions.mix)
  },
})
