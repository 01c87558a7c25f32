import type { LoadModel } from '../../../src/lib/load/engine/model.ts'
import type { RunResult } from '../../../src/lib/load/metrics/result.ts'
import { runModel, type ModelRun } from '../../../src/lib/load/distributed/run-model.ts'
import { createMemoryLedger } from '../ledgers.ts'

/** Runs a model by a single generator, in real time. */
export async function runInRealTime(
  model: LoadModel,
  createGenerator: ModelRun['createGenerator'],
  signal = new AbortController().signal,
): Promise<RunResult> {
  const { result } = await runModel({
    model,
    shards: 1,
    createGenerator,
    openLedger: async () => createMemoryLedger(),
    signal,
    onLost: () => {},
    onMistake: () => {},
    onSecond: () => {},
  })
  return result
}
