import { createTimers, type Clock } from '../../base/measure/clock.ts'
import { failsAnyway, type RunSoFar } from './early-verdict.ts'
import { holds, type Limit } from './limit.ts'
import { bracketOf, nextLevel, type Bracket, type LevelTrial } from './limit-search.ts'
import { durationOf, highestLevelOf, levelOf, raisedOf, withLevel, type LoadModel, levelText } from '../engine/model.ts'
import type { ModelRunResult } from '../distributed/run-model.ts'

/** One run at a level. */
export interface Trial extends LevelTrial {
  readonly run: ModelRunResult
}

/** A search for the highest load that holds a limit. */
export interface LimitSearch {
  readonly limit: Limit
  /** Model of the first trial; the others differ in their level, and in their length where that is too short. */
  readonly model: LoadModel
  readonly clock: Clock
  /** No level above it is tried. */
  readonly highest: number
  /** Ends the search. */
  readonly signal: AbortSignal
  /** Ends the run once it `isDecided`. */
  readonly runModel: (model: LoadModel, isDecided: (soFar: RunSoFar) => boolean) => Promise<ModelRunResult>
  readonly onTrial: (trial: Trial) => void
}

/** The result of a search. */
export interface LimitFound extends Bracket {
  readonly limit: Limit
  readonly trials: readonly Trial[]
  /** The last run of the highest level that held; when none did, the last of all. */
  readonly run: ModelRunResult
  /** Why the generator could not make the load that had to be tried next. */
  readonly obstacles: readonly string[]
}

/** Rest after a trial, in which the API gets over it. */
const restMs = 500

/** Slack on the length of a longer trial, whose rate may be a little lower. */
const spare = 1.2

/** A trial takes no longer than this, however seldom requests are. */
const longestMs = 600_000

/** Runs one trial after the other. One that is interrupted does not count, unless it is the only one. */
export async function findLimit(search: LimitSearch): Promise<LimitFound> {
  const { model, limit, clock, signal, onTrial } = search
  const bounds = {
    first: Math.max(1, Math.round(levelOf(model))),
    highest: Math.min(search.highest, highestLevelOf(model)),
  }
  const timers = createTimers(clock)
  const trials: Trial[] = []
  let last: ModelRunResult | null = null
  for (let level = nextLevel(trials, bounds); level !== null; level = nextLevel(trials, bounds)) {
    if (trials.length > 0) await timers.sleep(restMs)
    last = await runLongEnough(search, level, expectedRates(trials.at(-1), level))
    if (signal.aborted) break
    const trial = { level, outcome: outcomeOf(limit, last), run: last }
    trials.push(trial)
    onTrial(trial)
  }
  const bracket = bracketOf(trials)
  const best = trials.findLast(({ level, outcome }) => outcome === 'held' && level === bracket.held?.level)
  const obstacles = obstaclesOf(trials.at(-1))
  const run = best?.run ?? (last as ModelRunResult)
  return {
    limit,
    ...bracket,
    trials,
    obstacles,
    run: { ...run, result: { ...run.result, interrupted: signal.aborted } },
  }
}

function obstaclesOf(last: Trial | undefined): string[] {
  if (last?.outcome !== 'not valid') return []
  const level = levelText(last, raisedOf(last.run.model))
  return last.run.verdict.reasons.map((reason) => `at ${level}: ${reason}`)
}

function outcomeOf(limit: Limit, { result, verdict, decided }: ModelRunResult): Trial['outcome'] {
  if (!verdict.valid) return 'not valid'
  return !decided && holds(limit, result) ? 'held' : 'failed'
}

/** How often a second something happens. */
interface Rates {
  readonly requests: number
  readonly iterations: number
}

/** Those included that ended in the grace, since they count as well. */
function ratesOf({ requests, iterations, seconds }: ModelRunResult['result']): Rates {
  return seconds > 0
    ? { requests: requests / seconds, iterations: iterations / seconds }
    : { requests: 0, iterations: 0 }
}

/** Extrapolates rates from the trial before; null when there was none, or nothing happened in it. */
function expectedRates(before: Trial | undefined, level: number): Rates | null {
  if (!before || before.run.result.requests === 0) return null
  const { requests, iterations } = ratesOf(before.run.result)
  const times = level / before.level
  return { requests: requests * times, iterations: iterations * times }
}

/**
 * Runs a level until it is known to fail, and once more for longer when it held on too few requests, or iterations, to
 * say so.
 */
async function runLongEnough(
  { model, limit, signal, runModel }: LimitSearch,
  level: number,
  expected: Rates | null,
): Promise<ModelRunResult> {
  const shortestMs = durationOf(model)
  const durationMs = expected === null ? shortestMs : Math.max(shortestMs, neededMs(limit, expected))
  const runFor = (ms: number): Promise<ModelRunResult> => {
    const trial = withLevel(model, level, ms)
    return runModel(trial, (soFar) => failsAnyway(limit, trial, soFar))
  }
  const run = await runFor(durationMs)
  const { result } = run
  const isEnough = result.requests >= limit.requests && result.iterations >= limit.iterations
  if (signal.aborted || run.decided || isEnough || !holds(limit, result)) return run
  const longerMs = neededMs(limit, ratesOf(result))
  return longerMs > durationMs ? runFor(longerMs) : run
}

function neededMs(limit: Limit, rates: Rates): number {
  const seconds = Math.max(limit.requests / rates.requests, limit.iterations / rates.iterations)
  return Math.min(longestMs, seconds * 1000 * spare)
}
