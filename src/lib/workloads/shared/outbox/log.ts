import { failure, reasonOf } from '../../../base/errors/errors.ts'
import { ignoreFailure } from '../../../base/abort.ts'
import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'
import type { RowLog } from '../../../ports/database.ts'
import type { LoggedRows, RowLogFollower } from '../../../ports/row-log.ts'
import { defineTable, text } from '../tables.ts'
import { batchSize, findWaiting, moveBatch, publishRows, type OutboxContext, type OutgoingRow } from './outbox.ts'

/** Where relays keep up to where they have followed the log, by the name of the outbox's table. */
export function positionTable(name: string) {
  return defineTable({ name, columns: { name: text(64), position: text(200) }, primaryKey: 'name', updatedOften: true })
}

export type PositionTable = ReturnType<typeof positionTable>

/** The database's log, and where the position in it is kept. */
export interface OutboxLog {
  readonly rowLog: RowLog
  readonly positions: PositionTable
}

/** How the log is followed, ms. */
export interface LogTimes {
  /** Longest wait for the next row, in which the lease is prolonged. */
  readonly idleMs: number
  /** Rows that were published are settled together, so that many of them share a commit. */
  readonly settleMs: number
  /** Between two looks into the table, for rows that are in no log: it was off for a session, or begun anew. */
  readonly sweepMs: number
  /** Between two commits of the position; what is read twice after a crash is held against the table. */
  readonly keepMs: number
  /** After the log was lost, until it is followed again. */
  readonly reopenMs: number
}

/** The part of a relay that follows the log while this process has the lease. */
export interface LogReader {
  /** Begins to open the log where it is not open; true once it is. Until then the table is polled. */
  isOpen(): boolean
  /** Publishes what comes next. */
  move(signal: AbortSignal): Promise<void>
  /** Settles what was published by the log, before anybody reads the table. */
  settle(): Promise<void>
  /** Lets go of the log, which another process is to follow, or this one later. */
  leave(): Promise<void>
  /** As `leave`, and gives back what the database keeps for it: nothing waits any more. */
  end(): Promise<void>
}

/** The connection to the log, which comes and goes. */
interface LogConnection<Row extends OutgoingRow> {
  /** Null while there is none; asking begins to open it. */
  current(): RowLogFollower<Row> | null
  /** Reads on. Null, once the connection is let go of, where it is lost. */
  read(ms: number, signal: AbortSignal): Promise<LoggedRows<Row> | null>
  /** Keeps up to where everything is settled, unless that was done within `everyMs`. */
  keep(position: string, everyMs: number): Promise<void>
  leave(): Promise<void>
}

/** Opens the log in the background, and again when it is lost; `onOpen` is called each time. */
function createLogConnection<Row extends OutgoingRow>(
  { store, outbox, onError }: OutboxContext<Row>,
  { rowLog, positions }: OutboxLog,
  reopenMs: number,
  onOpen: () => void,
): LogConnection<Row> {
  const { name } = outbox.table
  let follower: RowLogFollower<Row> | null = null
  let opening: Promise<void> | null = null
  let reopenAt = 0
  /** The last one brought nothing: the position that it began at may be the reason. */
  let isUntried = false
  let isTold = false
  let kept: { readonly position: string | null; readonly at: number } = { position: null, at: 0 }

  async function open(): Promise<void> {
    try {
      const [row] = isUntried ? [] : await store.find(positions, { name })
      follower = await rowLog.follow<Row>(outbox.table, row?.position ?? null)
      isUntried = true
      isTold = false
      kept = { position: row?.position ?? null, at: 0 }
      onOpen()
    } catch (error) {
      lose(error)
    }
  }

  function lose(error: unknown): void {
    reopenAt = performance.now() + reopenMs
    if (!isTold) onError(failure('log-lost', { table: name, reason: reasonOf(error) }, error))
    isTold = true
  }

  async function leave(): Promise<void> {
    await opening
    const left = follower
    follower = null
    if (left) await ignoreFailure(left.close())
  }

  return {
    leave,
    current() {
      if (follower === null && opening === null && performance.now() >= reopenAt) {
        opening = open().finally(() => (opening = null))
      }
      return follower
    },
    async read(ms, signal) {
      try {
        const rows = await follower?.read(batchSize, ms, signal)
        isUntried = false
        return rows ?? null
      } catch (error) {
        lose(error)
        await leave()
        return null
      }
    },
    async keep(position, everyMs) {
      const now = performance.now()
      if (!follower || position === kept.position || now - kept.at < everyMs) return
      const row = { name, position }
      if ((await store.update(positions, { name }, { position })) === 0) await insertIfAbsent(store, positions, row)
      follower.confirm(position)
      kept = { position, at: now }
    },
  }
}

/**
 * Follows the log. A row is published as it comes, in the order of commits, and is marked in the table all the same: marks
 * say what is left to do, to this process or the next, whichever way it reads. So nothing rests on the log alone: the table
 * is emptied when the log is opened, and looked at from time to time.
 */
export function createLogReader<Row extends OutgoingRow>(
  context: OutboxContext<Row>,
  log: OutboxLog,
  times: LogTimes,
): LogReader {
  const { store, outbox } = context
  let pending: LoggedRows<Row> | null = null
  let published: string[] = []
  let settledAt = 0
  /** 0: now, and until the table is empty. */
  let sweepAt = 0
  let position: string | null = null
  /** Rows up to there may have been published by way of the table. */
  let checkedTo = ''
  const connection = createLogConnection(context, log, times.reopenMs, () => {
    pending = null
    position = null
    checkedTo = ''
    sweepAt = 0
  })

  async function settle(): Promise<void> {
    settledAt = performance.now()
    if (published.length === 0) return
    await outbox.settle(store, published)
    published = []
  }

  /** Takes one more step to empty the table, in the order of ids, as if there were no log. */
  async function sweep(follower: RowLogFollower<Row>): Promise<void> {
    sweepAt = 0
    await settle()
    if ((await moveBatch(context)) === batchSize) return
    checkedTo = await follower.end()
    sweepAt = performance.now() + times.sweepMs
  }

  /** Without rows that went by way of the table. */
  async function unpublished({ rows }: LoggedRows<Row>): Promise<readonly Row[]> {
    const old = rows.filter((row) => row.position <= checkedTo).map(({ row: { id } }) => id)
    if (old.length === 0) return rows.map(({ row }) => row)
    const waiting = new Set((await findWaiting(context, { id: { in: old } }, {})).map(({ id }) => id))
    return rows.filter((row) => row.position > checkedTo || waiting.has(row.row.id)).map(({ row }) => row)
  }

  async function leave(): Promise<void> {
    await settle()
    if (position !== null) await connection.keep(position, 0)
    await connection.leave()
  }

  return {
    settle,
    leave,
    isOpen: () => connection.current() !== null,
    async move(signal) {
      const follower = connection.current()
      if (!follower) return
      if (sweepAt === 0) return sweep(follower)
      pending ??= await connection.read(published.length > 0 ? times.settleMs : times.idleMs, signal)
      if (!pending) return
      const rows = await unpublished(pending)
      if (rows.length > 0) await publishRows(context, rows)
      for (const { id } of rows) published.push(id)
      position = pending.position
      const isIdle = pending.rows.length === 0
      pending = null
      const now = performance.now()
      if (isIdle || published.length >= batchSize || now - settledAt >= times.settleMs) {
        await settle()
        await connection.keep(position, times.keepMs)
      }
      if (isIdle && now >= sweepAt) await sweep(follower)
    },
    async end() {
      await leave()
      await log.rowLog.forget(outbox.table)
    },
  }
}
