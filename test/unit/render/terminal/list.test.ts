import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listReports, listText } from '../../../../src/lib/render/terminal/list.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../../../fixtures/reports/${name}`, import.meta.url))

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'rushbench-list-'))))
afterEach(() => rm(folder, { recursive: true }))

describe('listReports', () => {
  it('puts the newest first and what cannot be read last', async () => {
    for (const name of ['load-baseline.json', 'seed.json', 'truncated.json'])
      await copyFile(fixture(name), join(folder, name))
    await writeFile(join(folder, 'a.ledger.jsonl'), '')
    const listed = await listReports(folder)
    const times = listed.flatMap(({ startedAt }) => startedAt ?? [])
    expect(times).toHaveLength(2)
    expect(times).toEqual([...times].sort().toReversed())
    expect(listed.at(-1)).toMatchObject({ kind: null, headline: expect.stringContaining('not whole JSON') })
    const lines = listText(listed).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines.find((line) => line.includes(' load '))).toMatch(
      /^2026-11-20 23:43 +load +Valid, audit passed +7.25 requests a second/,
    )
  })

  it('finds none where no run has made the folder yet', async () => {
    expect(await listReports(join(folder, 'none'))).toEqual([])
  })

  it('says so when it is no folder', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(listReports(join(folder, 'file'))).rejects.toMatchObject({ code: 'reports-unlistable' })
  })
})
