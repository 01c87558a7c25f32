import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Lets V8 take the memory that it takes unless bin/run.js says otherwise: for commands that make garbage all the time,
 * where collecting it rarely is worth the memory.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--no-optimize-for-size')
  setFlagsFromString('--semi-space-growth-factor=2')
}

/** V8, kept from working while inserts are timed. */
export interface QuietV8 {
  /** Collects the young generation, which then has room for a thousand inserts and more. */
  collect(): void
  /** Lets it optimise meanwhile, for what is not timed one by one. */
  unhindered<T>(work: () => Promise<T>): Promise<T>
}

/** As many as fill the young generation that a process begins with, 1 MB, several times. */
const objects = 200_000

/**
 * Keeps V8's own work out of single inserts: the young generation grows at once to the most that V8 takes (at 1 MB, which
 * bin/run.js keeps it to, it is collected in every hundredth insert or so, which then is the p99), and is to be collected
 * between what is timed; and the optimising compiler, whose thread takes a processor from a server on the same machine for
 * the seconds that a run takes, is off (the quick ones are not).
 */
export function quietV8(): QuietV8 {
  growYoungGeneration()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void
  setFlagsFromString('--no-expose-gc')
  setFlagsFromString('--no-opt')
  return {
    collect: () => collect({ type: 'minor' }),
    async unhindered(work) {
      setFlagsFromString('--opt')
      try {
        return await work()
      } finally {
        setFlagsFromString('--no-opt')
      }
    },
  }
}

/** It grows by what survives. */
function growYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=16')
  const kept: object[] = []
  for (let i = 0; i < objects; i++) kept.push({ i })
  setFlagsFromString('--semi-space-growth-factor=2')
}
