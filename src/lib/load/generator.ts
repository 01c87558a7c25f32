import type { Clock } from '../measure/clock.ts'
import { mergeCounts, percentileMs } from '../measure/histogram.ts'
import { createRandom } from '../random.ts'
import { runLoadModel } from './engine.ts'
import { watchGenerator, type GeneratorHealth } from './generator-monitor.ts'
import { createHttpClients } from './http/client.ts'
import { createSocketOpener } from './http/web-sockets.ts'
import { mostUsersOf, type ScenarioModel } from './model.ts'
import type { OutcomeStatuses } from './outcome.ts'
import type { Part } from './pacing.ts'
import { prepareUsers } from './prepare.ts'
import { createRecorder, type SecondTally } from './recorder.ts'
import type { ThreadTally } from './result.ts'
import type { Ledger, Scenario } from './scenario.ts'
import type { PreparedUser } from './session.ts'

/** What a thread is to do, as plain data. */
export interface GeneratorTask {
  /** Of every replica of the API. */
  readonly origins: readonly string[]
  /** How long a user waits for an answer, ms. */
  readonly timeout: number
  /** Of the whole run. */
  readonly model: ScenarioModel
  readonly part: Part
  readonly seed: string
  /** Sets this run's bookings apart from every other's. */
  readonly runId: string
  readonly statuses: OutcomeStatuses
}

/** What ties a thread to the rest of its run. */
export interface GeneratorHooks {
  readonly ledger: Ledger
  readonly signal: AbortSignal
  readonly onSecond: (second: SecondTally) => void
}

/** What a thread says at its end. */
export interface GeneratorResult {
  readonly tally: ThreadTally
  readonly health: GeneratorHealth
}

/** Makes a part of the load: its methods are called once each, in this order. */
export interface LoadGenerator {
  /** Does what has to be done before the clock runs. Throws `scenario-not-prepared`. */
  prepare(): Promise<void>
  run(): Promise<GeneratorResult>
  close(): Promise<void>
}

/** How long answers are waited for after the end of a run, at most. */
const maxGraceMs = 10_000

/** A generator in this thread. */
export function createGenerator(
  { origins, timeout, model, part, seed, runId, statuses }: GeneratorTask,
  { ledger, signal, onSecond }: GeneratorHooks,
  { scenarios, clock }: { readonly scenarios: readonly Scenario[]; readonly clock: Clock },
): LoadGenerator {
  const random = createRandom(seed)
  const opened = createHttpClients(origins, timeout)
  const sockets = createSocketOpener(origins, timeout, clock)
  let users: readonly PreparedUser[] = []
  return {
    async prepare() {
      await opened
      users = await prepareUsers({ users: mostUsersOf(model), part, scenarios, random, clock, signal })
    },
    async run() {
      // Only from here on: what scenarios prepare may well keep the process busy.
      const healthSince = watchGenerator(part.of > 1)
      const tally = await runLoadModel({
        model,
        part,
        users,
        scenarios,
        graceMs: Math.min(timeout, maxGraceMs),
        random,
        clock,
        client: await opened,
        sockets,
        recorder: createRecorder(),
        runId,
        ledger,
        statuses,
        signal,
        onSecond,
      })
      return { tally, health: healthSince(percentileMs(mergeCounts([tally.recorded.late]), 99)) }
    },
    async close() {
      await sockets.close()
      await (await opened).close()
    },
  }
}
