/**
 * Bodies that came of late. Within a second most users get the same calendar: such a response is compared while it
 * arrives, instead of being kept once more, which at 1,000 responses of 110 kB a second is 110 MB of garbage less.
 */
export interface RecentBodies {
  /**
   * The latest of `length` bytes that comes after `previous` (null: after none) and whose first `same` bytes are
   * those of `previous`; null when there is none.
   */
  find(length: number, same: number, previous: Buffer | null): Buffer | null
  add(body: Buffer): void
}

/** The calendars of the moment. */
const remembered = 8
/** Others are too rare to be worth the memory, or too small to be worth the comparison. */
const worthRemembering = { leastBytes: 4096, mostBytes: 1024 * 1024 } as const

/** None yet. */
export function createRecentBodies(): RecentBodies {
  const bodies: Buffer[] = []
  return {
    find(length, same, previous) {
      const from = previous === null ? 0 : bodies.indexOf(previous) + 1
      for (let index = from; index < bodies.length; index++) {
        const body = bodies[index] as Buffer
        if (body.length !== length) continue
        if (previous === null || body.compare(previous, 0, same, 0, same) === 0) return body
      }
      return null
    },
    add(body) {
      if (body.length < worthRemembering.leastBytes || body.length > worthRemembering.mostBytes) return
      bodies.unshift(body)
      bodies.length = Math.min(bodies.length, remembered)
    },
  }
}
