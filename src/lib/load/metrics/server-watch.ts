import { reasonOf } from '../../base/errors/errors.ts'
import { endWithin, type Clock } from '../../base/measure/clock.ts'
import type { Database } from '../../ports/database.ts'
import type { ServerActivity } from '../../record/record.ts'
import { createServerSeries } from './server-series.ts'
import { watchStatements } from './statement-costs.ts'

/** Reads what a database server counts while a load is run. Nothing that goes wrong with it ends the run. */
export interface ServerWatch {
  /** Reads once, then each second from when it resolves. */
  begin(): Promise<void>
  /** Ends that, and reads what the statements cost, before the sessions of the load are closed. */
  stop(): Promise<void>
  /** Ends it without a word more. */
  cancel(): void
  /** Reads the counters once more, after they are closed, and tells what came of it all. */
  end(): Promise<ServerActivity>
}

const secondMs = 1000

/** A server that takes longer to answer has something else to do, and is not asked meanwhile. */
const mostReadMs = 1000

/** A last second that lacks so little is whole, if it is read no later than that. */
const lastSecondMs = { lacks: 100, late: 500 }

/** A watch over the server of `database`, on connections that no load uses. */
export function watchServer(database: Pick<Database, 'counters' | 'statementStatistics'>, clock: Clock): ServerWatch {
  const series = createServerSeries()
  const statements = watchStatements(database, clock)
  const reads = { count: 0, ms: 0 }
  let startedAt = clock.now()
  let second = 0
  let ended = 0
  let cancel = (): void => {}
  let underWay: Promise<void> | null = null
  let error: string | null = null

  /** Reads for the end of a second, or at a time of its own. */
  async function read(of: number | null): Promise<void> {
    const askedAt = clock.now()
    try {
      const counters = await database.counters({ cheap: true })
      const tookMs = clock.now() - askedAt
      reads.count++
      reads.ms += tookMs
      // It is as of some time between the question and the answer.
      series.add(tookMs > mostReadMs ? null : of, { at: askedAt + tookMs / 2, counters })
    } catch (thrown) {
      error ??= reasonOf(thrown)
    }
    await statements.tick()
  }

  /** Resolves when it was read, or takes too long; nothing is read while an earlier reading is under way. */
  async function tryRead(of: number | null): Promise<void> {
    underWay ??= read(of).finally(() => {
      underWay = null
    })
    await endWithin(clock, mostReadMs, underWay)
  }

  function tick(): void {
    second++
    schedule()
    if (underWay === null) void tryRead(second)
  }

  function schedule(): void {
    cancel = clock.schedule(Math.max(0, startedAt + (second + 1) * secondMs - clock.now()), tick)
  }

  return {
    async begin() {
      await statements.begin()
      await tryRead(0)
      startedAt = clock.now()
      schedule()
    },
    async stop() {
      cancel()
      const stoppedAt = clock.now()
      // One that is late already says less than one at the end.
      if (underWay !== null) await endWithin(clock, mostReadMs, underWay)
      ended = Math.max(second, Math.floor((stoppedAt - startedAt + lastSecondMs.lacks) / secondMs))
      const isInTime = clock.now() - startedAt - ended * secondMs <= lastSecondMs.late
      if (ended > second && isInTime && underWay === null) await tryRead(ended)
      await statements.end()
    },
    cancel: () => cancel(),
    async end() {
      if (underWay === null) await tryRead(null)
      return {
        ...series.finish(ended),
        ...(reads.count > 0 ? { readMs: Math.round((reads.ms / reads.count) * 100) / 100 } : {}),
        ...(error === null ? {} : { error }),
        ...statements.costs(),
      }
    },
  }
}
