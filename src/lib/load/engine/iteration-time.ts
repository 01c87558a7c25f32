import type { Scenario, ThinkTime } from '../../ports/scenario.ts'

/** The mean of think times one after the other, ms. */
export function meanThinkMs(...times: readonly ThinkTime[]): number {
  return times.reduce<number>((sum, time) => sum + (typeof time === 'number' ? time : (time[0] + time[1]) / 2), 0)
}

/** How long an iteration is expected to take, ms, by the weights of the scenarios; null where one does not say. */
export function expectedIterationMs(scenarios: readonly Scenario[]): number | null {
  let sum = 0
  let weights = 0
  for (const { weight, iterationMs } of scenarios) {
    if (iterationMs === undefined) return null
    sum += weight * iterationMs
    weights += weight
  }
  return weights > 0 ? sum / weights : null
}

/** The mean length of iterations, as far as it is known. */
export interface IterationMean {
  add(ms: number): void
  readonly ms: number
}

/** Length that one iteration is assumed to have until one has ended, ms. */
const priorMs = 5000

/** A mean of iterations, in which one of 5 s counts that nobody made. */
export function createIterationMean(): IterationMean {
  let count = 1
  let totalMs = priorMs
  return {
    add(ms) {
      count++
      totalMs += ms
    },
    get ms() {
      return totalMs / count
    },
  }
}
