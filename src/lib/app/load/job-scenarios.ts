import type { ScenarioSettings } from '../../config/sent-settings.ts'
import type { Settings } from '../../config/settings.ts'
import type { LoadJob } from '../../load/engine/load-job.ts'
import { sendOf } from '../../load/engine/model.ts'
import { readScenarios } from '../../load/scenarios/scenario-file.ts'
import { scriptScenarios } from './sql-scripts.ts'
import type { Scenario } from '../../ports/scenario.ts'
import { loadWorkload } from '../../workloads/registry.ts'
import { chooseScenarios } from '../../load/scenarios/define-scenario.ts'

/** The scenarios of a load: a person's own from their file, or the workload's; none where a single request is sent. */
export async function readJobScenarios(job: LoadJob): Promise<readonly Scenario[]> {
  const { model, scenarioFile, settings } = job
  if (sendOf(model)) return []
  const own = scriptScenarios(job, settings as object as ScenarioSettings)
  if (own !== null) return own
  return scenarioFile === null
    ? workloadScenarios(settings as object as ScenarioSettings, job)
    : readScenarios(scenarioFile)
}

/** The workload's own scenarios, as the settings that they know choose them. Throws `workload-unknown`, `usage-wrong`. */
async function workloadScenarios(
  settings: ScenarioSettings,
  { runId, database }: LoadJob,
): Promise<readonly Scenario[]> {
  const workload = await loadWorkload(settings.workload)
  // A test makes the scenarios of every workload from these settings alone.
  return chooseScenarios(
    workload.scenarios(settings as Settings, runId, database?.engine),
    settings.mix ?? workload.defaultMix,
  )
}
