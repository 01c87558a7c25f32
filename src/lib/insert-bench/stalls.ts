/** A time in which an insert did not come back. */
export interface Stall {
  /** Since the first insert. */
  readonly startSecond: number
  readonly ms: number
  readonly rows: number
}

/** An insert that took long, as it was noticed. */
export interface SlowInsert {
  /** When it was sent, ms on the clock. */
  readonly startedAt: number
  readonly ms: number
  /** In the table at its onset. */
  readonly rows: number
}

/** Stalls told one by one, and slow inserts remembered in a bucket: memory does not grow with the rows. */
export const mostRemembered = 1000

/** Under this no insert is a stall, ms. */
export const stallFromMs = 100
/** Nor under so many times the p50 of its bucket. */
const stallTimesP50 = 20

/**
 * The stalls among a bucket's slow inserts, in order of time: those that took longer than 100 ms and
 * than 20 times the bucket's p50 (`p50Ms`). Inserts on several connections that wait at the same time
 * wait for the same thing: they are one stall, from the first onset to the last return.
 */
export function findStalls(slow: readonly SlowInsert[], p50Ms: number): SlowInsert[] {
  const limit = Math.max(stallFromMs, stallTimesP50 * p50Ms)
  const stalls: SlowInsert[] = []
  for (const next of slow.filter(({ ms }) => ms > limit).sort((a, b) => a.startedAt - b.startedAt)) {
    const last = stalls.at(-1)
    if (last && next.startedAt < last.startedAt + last.ms) {
      const end = Math.max(last.startedAt + last.ms, next.startedAt + next.ms)
      stalls[stalls.length - 1] = { ...last, ms: end - last.startedAt }
    } else stalls.push(next)
  }
  return stalls
}

/** The `most` longest, in order of time. */
export function longest(stalls: readonly SlowInsert[], most: number): SlowInsert[] {
  if (stalls.length <= most) return [...stalls]
  const kept = [...stalls].sort((a, b) => b.ms - a.ms).slice(0, most)
  return kept.sort((a, b) => a.startedAt - b.startedAt)
}

/** Collects the stalls of a stream: all are counted, the longest kept. */
export function createStallList() {
  let count = 0
  let ms = 0
  let list: SlowInsert[] = []
  return {
    add(found: readonly SlowInsert[]): void {
      count += found.length
      for (const stall of found) ms += stall.ms
      list = longest([...list, ...found], mostRemembered)
    },
    describe: (startedAt: number) => ({
      stallCount: count,
      stallMs: ms,
      stalls: list.map((stall) => ({
        startSecond: (stall.startedAt - startedAt) / 1000,
        ms: stall.ms,
        rows: stall.rows,
      })),
    }),
  }
}
