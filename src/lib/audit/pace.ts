import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Watch } from '../base/progress.ts'

/** What a long loop over rows does beside them. */
export interface Pace {
  /** Counts a row; true when it is time for a rest. */
  step(): boolean
  /** Shows how far it has come and lets Ctrl-C through, also where the engine answers without leaving the process. */
  rest(): Promise<void>
}

/** Rows between two rests. */
const stepRows = 10_000

/** For a loop over about `total` rows. */
export function createPace({ onProgress, signal }: Watch, total: number): Pace {
  let done = 0
  return {
    step: () => ++done % stepRows === 0,
    async rest() {
      onProgress({ done: Math.min(done, total), total })
      await nextTurn()
      signal.throwIfAborted()
    },
  }
}
