import { describe, expect, it } from 'vitest'
import { createRowQueue } from '../../../../src/lib/adapters/databases/row-queue.ts'

const never = new AbortController().signal
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ n: from + n }))

describe('rows of a log that wait to be read', () => {
  it('come in whole transactions, with the position after them', async () => {
    const queue = createRowQueue<{ n: number }>('0', () => {})
    queue.push(rows(0, 2), '1')
    queue.push(rows(2, 5), '2')
    queue.push([], '3')
    const first = await queue.read(1, 0, never)
    expect(first).toEqual({ rows: rows(0, 2).map((row) => ({ row, position: '1' })), position: '1' })
    // The transaction of another table, behind them, needs not be read again either.
    expect(await queue.read(1, 0, never)).toEqual({
      rows: rows(2, 5).map((row) => ({ row, position: '2' })),
      position: '3',
    })
    expect(await queue.read(1, 0, never)).toEqual({ rows: [], position: '3' })
  })

  it('are waited for, until they come, the time is over, or nobody waits any more', async () => {
    const queue = createRowQueue<{ n: number }>('0', () => {})
    const waiting = queue.read(9, 60_000, never)
    queue.push(rows(0, 1), '1')
    expect((await waiting).rows).toHaveLength(1)
    expect((await queue.read(9, 1, never)).rows).toEqual([])
    const left = new AbortController()
    const stopped = queue.read(9, 60_000, left.signal)
    left.abort()
    expect((await stopped).rows).toEqual([])
  })

  it('are read before the loss of the connection that brought them is told', async () => {
    const queue = createRowQueue<{ n: number }>('0', () => {})
    queue.push(rows(0, 1), '1')
    queue.fail(new Error('lost'))
    expect((await queue.read(9, 0, never)).rows).toHaveLength(1)
    await expect(queue.read(9, 60_000, never)).rejects.toThrow('lost')
  })

  it('hold the connection up at 5,000, and let it go on below that', async () => {
    const told: boolean[] = []
    const queue = createRowQueue<{ n: number }>('0', (isHeld) => told.push(isHeld))
    queue.push(rows(0, 4999), '1')
    expect(told).toEqual([])
    queue.push(rows(4999, 5000), '2')
    queue.push(rows(5000, 5001), '3')
    expect(told).toEqual([true])
    await queue.read(500, 0, never)
    expect(told).toEqual([true, false])
  })
})
