import type { LoggedRow, LoggedRows, RowLogFollower } from '../../ports/row-log.ts'
import { onAbort } from '../../base/abort.ts'

/** Rows that came and were not read yet, before the connection that brings them is held up. */
const mostQueued = 5000

/** Transactions between the connection that brings them and the one who reads them. */
export interface RowQueue<R extends object> extends Pick<RowLogFollower<R>, 'read'> {
  /** Adds the rows of a transaction; none where it concerns another table. */
  push(rows: readonly R[], position: string): void
  /** The connection is lost. */
  fail(error: unknown): void
}

/** An empty queue; `hold` is called with true when the connection is to bring no more, with false when it is to go on. */
export function createRowQueue<R extends object>(start: string, hold: (isHeld: boolean) => void): RowQueue<R> {
  let queued: LoggedRow<R>[] = []
  let position = start
  let lost: unknown = null
  let isHeld = false
  let wake = (): void => {}

  function setHeld(held: boolean): void {
    if (held === isHeld) return
    isHeld = held
    hold(held)
  }

  /** Whole transactions, whose rows share a position. */
  function take(most: number): LoggedRows<R> {
    let end = Math.min(most, queued.length)
    while (end > 0 && end < queued.length && queued[end]!.position === queued[end - 1]!.position) end++
    const rows = queued.slice(0, end)
    queued = queued.slice(end)
    setHeld(queued.length >= mostQueued)
    return { rows, position: queued.length === 0 ? position : rows.at(-1)!.position }
  }

  return {
    push(rows, at) {
      if (at > position) position = at
      for (const row of rows) queued.push({ row, position: at })
      setHeld(queued.length >= mostQueued)
      if (rows.length > 0) wake()
    },
    fail(error) {
      lost ??= error
      wake()
    },
    async read(most, ms, signal) {
      if (queued.length === 0 && lost === null && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        const timer = setTimeout(resolve, ms)
        const off = onAbort(signal, resolve)
        await promise
        off()
        clearTimeout(timer)
      }
      if (queued.length === 0 && lost !== null) throw lost
      return take(most)
    },
  }
}
