import { setImmediate as nextTurn } from 'node:timers/promises'

/** How far a long step has come. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** How a long step is followed, and ended early. */
export interface Watch {
  readonly onProgress: (progress: Progress) => void
  /** Its reason is thrown once it aborts. */
  readonly signal: AbortSignal
}

/** Lets a long loop over rows tell of its progress, and be ended. */
export interface Yielder {
  /** Counts a row; true when it is time to yield. */
  step(): boolean
  /** Reports progress and lets Ctrl-C through, also with an engine that never leaves the process. Throws the signal's reason. */
  yield(): Promise<void>
}

/** Rows between two yields. */
const stepRows = 10_000

/** Creates one for a loop over about `total` rows. */
export function createYielder({ onProgress, signal }: Watch, total: number): Yielder {
  let done = 0
  return {
    step: () => ++done % stepRows === 0,
    async yield() {
      onProgress({ done: Math.min(done, total), total })
      await nextTurn()
      signal.throwIfAborted()
    },
  }
}
