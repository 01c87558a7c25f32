import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../../src/lib/base/errors/errors.ts'
import { formatEntry, formatHead, refusalsCutLine } from '../../../../src/lib/load/ledger/ledger-format.ts'
import { joinEntries, readLedger, readLedgers, type ReadLedger } from '../../../../src/lib/load/ledger/ledger-reader.ts'
import type { LedgerEntry } from '../../../../src/lib/ports/scenario.ts'
import { unwatched } from '../../../support/ledgers.ts'

const head = { run: 'r1', workload: 'vaccination', target: 'http://127.0.0.1:1', startedAt: '2026-11-21T00:00:00.000Z' }
const headLine = formatHead(head)
const booked: LedgerEntry = { outcome: 'booked', key: 'LOVELACE', resource: 15_778_560, id: '018f' }

const text = fc.string({ minLength: 1, unit: 'grapheme' })
const resource = fc.oneof(text, fc.maxSafeInteger())
const anyEntry: fc.Arbitrary<LedgerEntry> = fc.oneof(
  fc.record({ outcome: fc.constant('booked' as const), key: text, resource, id: resource }),
  fc.record({ outcome: fc.constantFrom('booked', 'conflict', 'unknown', 'failed'), key: text, resource }),
)

let folder: string
let file: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-ledger-'))
  file = join(folder, 'ledger')
})
afterAll(() => rm(folder, { recursive: true }))

async function read(content: string | Uint8Array): Promise<ReadLedger> {
  await writeFile(file, content)
  return readLedger(file, unwatched)
}

async function entriesOf({ entries }: Pick<ReadLedger, 'entries'>): Promise<LedgerEntry[]> {
  const list: LedgerEntry[] = []
  for await (const entry of entries.read()) list.push(entry)
  return list
}

/** A ledger, or the one error that there may be. */
async function readOrRefuse(content: string | Uint8Array): Promise<ReadLedger | null> {
  try {
    return await read(content)
  } catch (error) {
    expect(error).toBeInstanceOf(RushbenchError)
    // oxlint-disable-next-line no-control-regex -- these are what must not get through
    expect(error).toMatchObject({ code: 'ledger-unreadable', message: expect.not.stringMatching(/[\u0000-\u001f]/) })
    return null
  }
}

describe('readLedger', () => {
  it('reads what was written, as often as it is asked to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry), async (entries) => {
        const ledger = await read(headLine + entries.map(formatEntry).join(''))
        expect(ledger).toMatchObject({ head, torn: false, entries: { count: entries.length } })
        const countOf = (wanted: string) => entries.filter(({ outcome }) => outcome === wanted).length
        expect(ledger.counts).toEqual({
          booked: countOf('booked'),
          conflict: countOf('conflict'),
          unknown: countOf('unknown'),
          failed: countOf('failed'),
        })
        expect(await entriesOf(ledger)).toEqual(entries)
        expect(await entriesOf(ledger)).toEqual(entries)
      }),
      { numRuns: 50 },
    )
  })

  it('reads lines that lie across the pieces in which the file is read', async () => {
    const entries = Array.from({ length: 9000 }, (_, index) => ({
      ...booked,
      key: `${'x'.repeat(index % 97)}${index}`,
    }))
    const ledger = await read(headLine + entries.map(formatEntry).join(''))
    expect(await entriesOf(ledger)).toEqual(entries)
  })

  it('says where there were more refusals than it has', async () => {
    const refused = { outcome: 'conflict', key: 'BOOLE', resource: 7 } as const
    const ledger = await read(headLine + formatEntry(refused) + refusalsCutLine + formatEntry(booked))
    expect(ledger).toMatchObject({ refusalsCut: true, counts: { booked: 1, conflict: 1 }, entries: { count: 2 } })
    expect(await entriesOf(ledger)).toEqual([refused, booked])
    expect(await read(headLine + formatEntry(refused))).toMatchObject({ refusalsCut: false })
  })

  it('leaves out a last line that was cut off anywhere, and says so', async () => {
    const content = Buffer.from(headLine + [booked, { ...booked, key: 'BOOLE-é' }].map(formatEntry).join(''))
    for (let length = headLine.length; length <= content.length; length++) {
      const cut = content.subarray(0, length)
      const ledger = await read(cut)
      const lines = cut.toString().split('\n').length - 2
      expect(ledger).toMatchObject({ torn: cut.at(-1) !== 10, entries: { count: lines } })
      expect(await entriesOf(ledger)).toHaveLength(lines)
    }
  })

  it('does not look at what is appended after it was read', async () => {
    const ledger = await read(headLine + formatEntry(booked))
    await appendFile(file, formatEntry(booked).repeat(3))
    expect(await entriesOf(ledger)).toEqual([booked])
  })

  it('takes the ledgers of several runs, and no run twice', async () => {
    const [one, copy, two] = ['one', 'copy', 'two'].map((name) => join(folder, name)) as [string, string, string]
    await writeFile(one, headLine)
    await writeFile(copy, headLine)
    await writeFile(two, formatHead({ ...head, run: 'r2' }))
    expect((await readLedgers([one, two], unwatched)).map(({ head: { run } }) => run)).toEqual(['r1', 'r2'])
    await expect(readLedgers([one, two, copy], unwatched)).rejects.toMatchObject({
      code: 'usage-wrong',
      message: `${one} and ${copy} are of the same run: name one of them.`,
    })
  })

  it('shows how far it has come, and can be ended', async () => {
    const content = headLine + formatEntry(booked).repeat(25_000)
    const seen: number[] = []
    await writeFile(file, content)
    await readLedger(file, { ...unwatched, onProgress: ({ done, total }) => void seen.push(done / total) })
    expect(seen.map((share) => share.toFixed(1))).toEqual(['0.4', '0.8'])
    const signal = AbortSignal.abort(new Error('Ctrl-C'))
    await expect(readLedger(file, { ...unwatched, signal })).rejects.toThrow('Ctrl-C')
  })

  it('does not take for whole what was changed after it was read', async () => {
    const ledger = await read(headLine + formatEntry(booked) + formatEntry({ ...booked, key: 'BOOLE' }))
    await truncate(file, headLine.length + formatEntry(booked).length)
    await expect(entriesOf(ledger)).rejects.toMatchObject({
      code: 'ledger-unreadable',
      message: expect.stringContaining('it was changed while it was read'),
    })
  })

  it.skipIf(process.platform === 'win32')(
    'refuses what is no file: a pipe would be empty when it is read again',
    async () => {
      await expect(readLedger('/dev/null', unwatched)).rejects.toMatchObject({
        code: 'ledger-unreadable',
        message: expect.stringContaining('cannot be read more than once'),
      })
    },
  )

  it('joins ledgers', async () => {
    const ledger = await read(headLine + formatEntry(booked))
    const both = joinEntries([ledger, ledger])
    expect(both.count).toBe(2)
    expect(await entriesOf({ entries: both })).toEqual([booked, booked])
  })

  const line = (fields: object) => `${JSON.stringify(fields)}\n`
  it.each([
    ['', 'Line 1 of', 'it has no head'],
    ['\n', 'Line 1 of', 'not whole JSON'],
    [headLine.trimEnd(), 'Line 1 of', 'it has no head'],
    [`\ufeff${headLine}`, 'Line 1 of', 'not whole JSON'],
    [line({ ...head, schema: 'rushbench.ledger/v2' }), 'Line 1 of', 'its schema is "rushbench.ledger/v2"'],
    [line(booked), 'Line 1 of', 'its schema is missing'],
    [headLine.replace('"r1"', '5'), 'Line 1 of', 'run is 5, not a text'],
    [headLine + headLine, 'Line 2 of', '"schema", which this version does not know'],
    [`${headLine}\n`, 'Line 2 of', 'not whole JSON'],
    [`${headLine}null\n`, 'Line 2 of', 'not a JSON object'],
    [`${headLine}[]\n`, 'Line 2 of', 'not a JSON object'],
    [headLine + line(booked) + line({ ...booked, key: '' }), 'Line 3 of', 'key is "", not a text'],
    [headLine + line({ ...booked, resource: 1.5 }), 'Line 2 of', 'resource is 1.5, neither'],
    [headLine + line({ ...booked, outcome: 'refused' }), 'Line 2 of', 'outcome is "refused", not one of booked'],
    [headLine + line({ ...booked, outcome: 'conflict' }), 'Line 2 of', 'it has an id, though its outcome is conflict'],
    [`${headLine}{"refusals":"all"}\n`, 'Line 2 of', 'it has "refusals"'],
    [headLine + line({ ...booked, outcome: 'unknown' }), 'Line 2 of', 'it has an id, though its outcome is unknown'],
    [headLine + line({ ...booked, id: 5.5 }), 'Line 2 of', 'id is 5.5, neither'],
    [headLine + line({ ...booked, seat: 5 }), 'Line 2 of', 'it has "seat"'],
    [headLine + line(booked).replace('{', '{"key":"OTHER",'), 'Line 2 of', 'key is there twice'],
    [headLine + line(booked).replace('{', String.raw`{"k\u0065y":"OTHER",`), 'Line 2 of', 'key is there twice'],
    [headLine + line({ ...booked, key: '\ud800' }), 'Line 2 of', 'key has characters that are no text'],
    [headLine + line(booked).replace('15778560', '1e400'), 'Line 2 of', 'resource has more digits than'],
    [headLine + line(booked).replace('15778560', '9007199254740993'), 'Line 2 of', 'resource has more digits than'],
    [headLine + line(booked).replace('15778560', '-0'), 'Line 2 of', 'resource is -0, neither'],
    [headLine + line(booked).replace('{', '{"__proto__":1,'), 'Line 2 of', 'it has "__proto__"'],
    [headLine.replace('{', '{"run":"r2",'), 'Line 1 of', 'run is there twice'],
    [`${headLine}{"a`.concat('\n', line(booked)), 'Line 2 of', 'not whole JSON'],
    [`${headLine}\0\0\0\0`, 'Line 2 of', 'not the beginning of an entry'],
    [headLine + 'x'.repeat(1e6), 'Line 2 of', 'longer than 65536 bytes'],
    [headLine + line({ ...booked, key: 'x'.repeat(1e5) }), 'Line 2 of', 'longer than 65536 bytes'],
  ])('refuses %j and says where and why', async (content, where, why) => {
    await expect(read(content)).rejects.toThrow(where)
    await expect(read(content)).rejects.toThrow(why)
    await expect(read(content)).rejects.toMatchObject({ code: 'ledger-unreadable', exitCode: 1 })
  })

  it('refuses bytes that are no text', async () => {
    const content = Buffer.concat([Buffer.from(headLine), Buffer.from([0x22, 0xff, 0xfe, 0x22, 0x0a])])
    await expect(read(content)).rejects.toThrow('Line 2')
  })

  it('says so when there is no such file', async () => {
    await expect(readLedger(join(folder, 'none'), unwatched)).rejects.toMatchObject({
      code: 'ledger-unreadable',
      message: expect.stringContaining('none is not a ledger that can be read: ENOENT'),
    })
    await expect(readLedger(folder, unwatched)).rejects.toMatchObject({ code: 'ledger-unreadable' })
  })

  it('throws nothing but its own error, whatever the file holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => void (await readOrRefuse(bytes))),
    )
  })

  it('finds every change of a line, or reads it as another whole entry', async () => {
    const content = Buffer.from(headLine + formatEntry(booked).repeat(3))
    const change = fc.record({ at: fc.nat(content.length - 1), byte: fc.nat(255), cut: fc.nat(3) })
    await fc.assert(
      fc.asyncProperty(change, async ({ at, byte, cut }) => {
        const changed = Buffer.concat([content.subarray(0, at), Buffer.from([byte]), content.subarray(at + cut)])
        const ledger = await readOrRefuse(changed)
        for (const entry of ledger ? await entriesOf(ledger) : []) {
          expect(entry.key).not.toBe('')
          expect(['booked', 'conflict', 'unknown', 'failed']).toContain(entry.outcome)
        }
      }),
      { numRuns: 300 },
    )
  })
})
