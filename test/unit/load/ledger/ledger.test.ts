import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createLedgerBesideReport,
  createLedgerFile,
  type AppendOnlyFile,
} from '../../../../src/lib/load/ledger/ledger-file.ts'
import { startLedger } from '../../../../src/lib/load/ledger/ledger.ts'
import type { LedgerEntry, Outcome } from '../../../../src/lib/ports/scenario.ts'

const head = { run: 'r1', workload: 'vaccination', target: 'http://127.0.0.1:1', startedAt: '2026-11-21T00:00:00.000Z' }
const entry = (key: string, outcome: Outcome = 'booked'): LedgerEntry => ({
  key,
  resource: 7,
  outcome,
  ...(outcome === 'booked' ? { id: `id of ${key}` } : {}),
})

/** A file whose writes end when the test says so. */
function slowFile() {
  const writes: { readonly lines: string[]; readonly end: (error?: Error) => void }[] = []
  let closed = false
  const file: AppendOnlyFile = {
    path: 'slow',
    append: (text) =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => (error ? reject(error) : resolve())
        writes.push({ lines: text.trimEnd().split('\n'), end })
      }),
    close: async () => void (closed = true),
    remove: null,
  }
  return { file, writes, isClosed: () => closed }
}

async function startSlowLedger(refusals?: number) {
  const slow = slowFile()
  const starting = startLedger(slow.file, head, refusals)
  await nextTurn()
  await nextTurn()
  slow.writes[0]!.end()
  return { ...slow, ledger: await starting }
}

/** Whether it has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  await nextTurn()
  await nextTurn()
  return Promise.race([promise.then(() => true), nextTurn(false)])
}

describe('the ledger', () => {
  it('begins with its version and its run', async () => {
    const { writes } = await startSlowLedger()
    expect(writes.map(({ lines }) => lines.map((line) => JSON.parse(line) as unknown))).toEqual([
      [{ schema: 'rushbench.ledger/v1', ...head }],
    ])
  })

  it('lets nobody go on before the line is written', async () => {
    const { ledger, writes } = await startSlowLedger()
    const recorded = ledger.record(entry('a'))
    expect(await isDone(recorded)).toBe(false)
    expect(writes[1]!.lines).toEqual(['{"outcome":"booked","key":"a","resource":7,"id":"id of a"}'])
    writes[1]!.end()
    expect(await isDone(recorded)).toBe(true)
  })

  it('writes what comes together at once, and what comes meanwhile with the next write', async () => {
    const { ledger, writes } = await startSlowLedger()
    const first = Promise.all([ledger.record(entry('a')), ledger.record(entry('b', 'unknown'))])
    await isDone(first)
    const second = Promise.all([ledger.record(entry('c', 'failed')), ledger.record(entry('d'))])
    expect(await isDone(second)).toBe(false)
    expect(writes).toHaveLength(2)
    writes[1]!.end()
    expect(await isDone(first)).toBe(true)
    expect(await isDone(second)).toBe(false)
    expect(writes.slice(1).map(({ lines }) => lines.map((line) => (JSON.parse(line) as LedgerEntry).key))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ])
    writes[2]!.end()
    expect(await isDone(second)).toBe(true)
  })

  it('counts every outcome, and writes each down', async () => {
    const { ledger, writes } = await startSlowLedger()
    for (const outcome of ['conflict', 'booked', 'unknown', 'failed'] as const) void ledger.record(entry('b', outcome))
    await nextTurn()
    await nextTurn()
    expect(writes[1]!.lines).toHaveLength(4)
    expect(ledger.counts()).toEqual({ booked: 1, conflict: 1, failed: 1, unknown: 1 })
  })

  it('writes down so many refusals, says once that there are more, and goes on counting them', async () => {
    const { ledger, writes } = await startSlowLedger(2)
    for (const key of ['a', 'b', 'c', 'd']) void ledger.record(entry(key, 'conflict'))
    void ledger.record(entry('e'))
    await nextTurn()
    await nextTurn()
    expect(writes[1]!.lines).toEqual([
      '{"outcome":"conflict","key":"a","resource":7}',
      '{"outcome":"conflict","key":"b","resource":7}',
      '{"refusals":"cut"}',
      '{"outcome":"booked","key":"e","resource":7,"id":"id of e"}',
    ])
    expect(ledger.counts()).toMatchObject({ booked: 1, conflict: 4 })
    writes[1]!.end()
    // Nobody waits for a line that is not written.
    await ledger.record(entry('f', 'conflict'))
    expect(writes).toHaveLength(2)
  })

  it.each([
    [{ ...entry('a'), outcome: 'bookd' }, 'outcome is "bookd", not one of booked, conflict, unknown, failed'],
    [{ ...entry('a'), key: undefined }, 'key is missing, not a text'],
    [{ ...entry('a'), resource: null }, 'resource is null, neither a text nor a whole number'],
    [{ ...entry('a', 'failed'), id: 5 }, 'it has an id, though its outcome is failed'],
    [entry('x'.repeat(70_000)), 'it is longer than 65536 bytes'],
  ])('refuses what could not be read again: %j', async (wrong, reason) => {
    const { ledger, writes } = await startSlowLedger()
    await expect(ledger.record(wrong as LedgerEntry)).rejects.toThrow(`the ledger refuses an entry: ${reason}`)
    expect(ledger.counts()).toEqual({ booked: 0, conflict: 0, failed: 0, unknown: 0 })
    expect(writes).toHaveLength(1)
  })

  it('refuses everything from the first line on that cannot be written', async () => {
    const { ledger, writes, isClosed } = await startSlowLedger()
    const lost = ledger.record(entry('a'))
    await isDone(lost.catch(() => {}))
    const waiting = ledger.record(entry('b'))
    writes[1]!.end(new Error('ENOSPC: no space left on device, write'))
    const error = { code: 'ledger-unwritable', message: expect.stringContaining('no space left on device') }
    await expect(lost).rejects.toMatchObject(error)
    await expect(waiting).rejects.toMatchObject(error)
    await expect(ledger.failed).rejects.toMatchObject(error)
    await expect(ledger.record(entry('c'))).rejects.toMatchObject(error)
    await expect(ledger.close()).rejects.toMatchObject(error)
    expect(writes).toHaveLength(2)
    expect(isClosed()).toBe(true)
  })

  it('closes a file that takes no head', async () => {
    const { file, writes, isClosed } = slowFile()
    const starting = startLedger(file, head)
    await nextTurn()
    await nextTurn()
    writes[0]!.end(new Error('EIO'))
    await expect(starting).rejects.toMatchObject({ code: 'ledger-unwritable' })
    expect(isClosed()).toBe(true)
  })
})

describe('the file of a ledger', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'rushbench-ledger-'))))
  afterEach(() => rm(folder, { recursive: true }))

  it('stands beside the report, under a name that is free, and only ever grows', async () => {
    const startedAt = new Date('2026-11-21T10:20:30.456Z')
    const reports = join(folder, 'not', 'there')
    const [first, second] = [
      await createLedgerBesideReport(reports, startedAt),
      await createLedgerBesideReport(reports, startedAt),
    ]
    await first.append('a\n')
    await first.append('b\n')
    await Promise.all([first.close(), second.close()])
    expect((await readdir(reports)).sort()).toEqual([
      '2026-11-21T10-20-30Z-load-2.ledger.jsonl',
      '2026-11-21T10-20-30Z-load.ledger.jsonl',
    ])
    expect(await readFile(first.path, 'utf8')).toBe('a\nb\n')
  })

  it('is removed when nothing stands in it, unless it was asked for by its name', async () => {
    const beside = await startLedger(await createLedgerBesideReport(folder, new Date(0)), head)
    expect(await beside.close()).toBe(null)
    expect(await readdir(folder)).toEqual([])
    const named = join(folder, 'named')
    const asked = await startLedger(await createLedgerFile(named), head)
    expect(await asked.close()).toBe(named)
    const used = await startLedger(await createLedgerBesideReport(folder, new Date(0)), head)
    await used.record({ key: 'k', resource: 1, outcome: 'conflict' })
    expect(await readFile((await used.close()) as string, 'utf8')).toContain('conflict')
  })

  it('is never one that was there before', async () => {
    const file = join(folder, 'mine')
    await writeFile(file, 'kept')
    await expect(createLedgerFile(file)).rejects.toMatchObject({ code: 'ledger-unwritable' })
    await expect(createLedgerFile(join(file, 'inside'))).rejects.toMatchObject({ code: 'ledger-unwritable' })
    await expect(createLedgerBesideReport(file, new Date(0))).rejects.toMatchObject({ code: 'ledger-unwritable' })
    expect(await readFile(file, 'utf8')).toBe('kept')
  })
})
