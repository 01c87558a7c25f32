import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openBroker } from '../../../../../src/lib/adapters/brokers/registry.ts'
import {
  acknowledge,
  acknowledgeWithinMs,
  countBacklog,
  renew,
  takeLease,
  type MessageLease,
} from '../../../../../src/lib/adapters/brokers/sqlite/leases.ts'
import { openSqliteFile } from '../../../../../src/lib/adapters/databases/sqlite/connection.ts'
import { message } from '../../../../support/broker/recording.ts'

const folder = mkdtempSync(join(tmpdir(), 'rushbench-broker-'))
afterAll(() => rm(folder, { recursive: true }))

const newUrl = () => `sqlite:${join(folder, randomUUID())}.db`

async function openWith(count: number) {
  const url = newUrl()
  await using broker = await openBroker(url)
  await broker.publish('other', [message(-1)])
  await broker.publish(
    'topic',
    Array.from({ length: count }, (_, index) => message(index + 1)),
  )
  return openSqliteFile(url)
}

const valuesOf = (taken: MessageLease | null) =>
  taken?.messages.map(({ value }) => Number(Buffer.from(value).toString())) ?? []

describe('what a member of a group has taken', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  it('is handed to nobody else until its time is over, and before anything new then', async () => {
    const file = await openWith(6)
    const first = takeLease(file, 'topic', 'group', 2)!
    expect(valuesOf(first)).toEqual([1, 2])
    vi.advanceTimersByTime(acknowledgeWithinMs - 1)
    expect(valuesOf(takeLease(file, 'topic', 'group', 2))).toEqual([3, 4])
    vi.advanceTimersByTime(1)
    expect(valuesOf(takeLease(file, 'topic', 'group', 2))).toEqual([1, 2])
    expect(valuesOf(takeLease(file, 'topic', 'group', 2))).toEqual([5, 6])
    expect(takeLease(file, 'topic', 'group', 2)).toBeNull()
    expect(countBacklog(file, 'topic', 'group')).toBe(6)
    file.close()
  })

  it('is kept for longer when it says so', async () => {
    const file = await openWith(2)
    const taken = takeLease(file, 'topic', 'group', 2)!
    vi.advanceTimersByTime(acknowledgeWithinMs - 1)
    renew(file, taken)
    vi.advanceTimersByTime(acknowledgeWithinMs - 1)
    expect(takeLease(file, 'topic', 'group', 2)).toBeNull()
    vi.advanceTimersByTime(1)
    expect(valuesOf(takeLease(file, 'topic', 'group', 2))).toEqual([1, 2])
    file.close()
  })

  it('is cut up for members that take fewer at once, and each part is acknowledged by itself', async () => {
    const file = await openWith(5)
    takeLease(file, 'topic', 'group', 5)
    vi.advanceTimersByTime(acknowledgeWithinMs)
    const parts = [1, 2, 3].map(() => takeLease(file, 'topic', 'group', 2)!)
    expect(parts.map(valuesOf)).toEqual([[1, 2], [3, 4], [5]])
    expect(takeLease(file, 'topic', 'group', 2)).toBeNull()
    acknowledge(file, parts[1]!)
    expect(countBacklog(file, 'topic', 'group')).toBe(3)
    vi.advanceTimersByTime(acknowledgeWithinMs)
    expect(valuesOf(takeLease(file, 'topic', 'group', 9))).toEqual([1, 2])
    expect(valuesOf(takeLease(file, 'topic', 'group', 9))).toEqual([5])
    file.close()
  })

  it('is acknowledged by a member that was too slow, also where others have taken it since', async () => {
    const file = await openWith(5)
    const slow = takeLease(file, 'topic', 'group', 5)!
    vi.advanceTimersByTime(acknowledgeWithinMs)
    takeLease(file, 'topic', 'group', 2)
    acknowledge(file, slow)
    vi.advanceTimersByTime(acknowledgeWithinMs)
    expect(takeLease(file, 'topic', 'group', 9)).toBeNull()
    expect(countBacklog(file, 'topic', 'group')).toBe(0)
    file.close()
  })

  it('is of no concern to other groups and topics', async () => {
    const file = await openWith(1)
    expect(valuesOf(takeLease(file, 'topic', 'group', 2))).toEqual([1])
    expect(valuesOf(takeLease(file, 'topic', 'another', 2))).toEqual([1])
    expect(valuesOf(takeLease(file, 'other', 'group', 2))).toEqual([-1])
    file.close()
  })
})

describe('a file that cannot be used', () => {
  it('is no database', async () => {
    const url = newUrl()
    await writeFile(url.slice('sqlite:'.length), 'longer than the header of a database, and none'.repeat(4))
    await expect(openBroker(url)).rejects.toMatchObject({ code: 'broker-unreachable' })
  })

  it('is closed', async () => {
    const broker = await openBroker(newUrl())
    await broker[Symbol.asyncDispose]()
    await expect(broker.publish('topic', [message(1)])).rejects.toMatchObject({ code: 'broker-unreachable' })
    await expect(broker.backlog('topic', 'group')).rejects.toMatchObject({ code: 'broker-unreachable' })
  })
})
