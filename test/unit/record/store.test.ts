import * as files from 'node:fs/promises'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readReport, requireWritable, saveReport } from '../../../src/lib/record/store.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

// Unit tests share their modules: without this the store would keep the files that a test before it has given it.
vi.hoisted(() => vi.resetModules())
afterAll(() => void vi.resetModules())

vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof files>()
  return {
    ...real,
    link: vi.fn<typeof real.link>(real.link),
    rename: vi.fn<typeof real.rename>(real.rename),
    writeFile: vi.fn<typeof real.writeFile>(real.writeFile),
  }
})

const report = savedReport('load', 'load-baseline.json')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-reports-'))
})
afterEach(async () => {
  vi.resetAllMocks()
  await rm(folder, { recursive: true, force: true })
})

function failWith(call: 'link' | 'rename' | 'writeFile', code: string): void {
  vi.mocked(files[call]).mockRejectedValue(Object.assign(new Error(`${code}: as in the test`), { code }))
}

describe('saveReport', () => {
  it('names the file after its time in UTC and its kind, makes the folder, and leaves nothing else', async () => {
    const inner = join(folder, 'not', 'there', 'yet')
    const path = await saveReport(report, inner)
    expect(path).toBe(join(inner, '2026-11-20T23-43-11Z-load.json'))
    expect(await readdir(inner)).toEqual(['2026-11-20T23-43-11Z-load.json'])
    expect(await readReport(path)).toEqual(report)
  })

  it.each(['with hard links', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])(
    'never replaces a report, even when many are saved at once: %s',
    async (links) => {
      if (links !== 'with hard links') failWith('link', links)
      const runs = Array.from({ length: 12 }, (_, run) => ({ ...report, id: `run-${run}` }))
      const paths = await Promise.all(runs.map((run) => saveReport(run, folder)))
      expect(new Set(paths).size).toBe(runs.length)
      const saved = await Promise.all(paths.map(readReport))
      expect(saved.map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
      expect((await readdir(folder)).filter((name) => !/^2026-11-20T23-43-11Z-load(-\d+)?\.json$/.test(name))).toEqual(
        [],
      )
    },
  )

  it('leaves nothing half-written when the disk is full', async () => {
    failWith('writeFile', 'ENOSPC')
    await expect(saveReport(report, folder)).rejects.toMatchObject({ code: 'report-unwritable', exitCode: 1 })
    expect(await readdir(folder)).toEqual([])
  })

  it('gives a name back that it took and could not fill', async () => {
    failWith('link', 'EPERM')
    failWith('rename', 'EIO')
    await expect(saveReport(report, folder)).rejects.toMatchObject({ code: 'report-unwritable' })
    expect(await readdir(folder)).toEqual([])
  })

  it('says so when the folder is a file', async () => {
    const file = join(folder, 'file')
    await writeFile(file, 'kept')
    await expect(saveReport(report, file)).rejects.toMatchObject({ code: 'report-unwritable' })
    expect(await readFile(file, 'utf8')).toBe('kept')
  })

  it('does not save what could not be read again', async () => {
    const broken = { ...report, load: { ...report.load, rps: Number.NaN } }
    await expect(saveReport(broken, folder)).rejects.toMatchObject({
      code: 'report-unwritable',
      message: expect.stringContaining('rps is NaN'),
    })
    expect(await readdir(folder)).toEqual([])
  })
})

describe('readReport', () => {
  it('says so when there is no such file', async () => {
    await expect(readReport(join(folder, 'none.json'))).rejects.toMatchObject({
      code: 'report-unreadable',
      message: expect.stringMatching(/none\.json is not a rushbench report that can be read: there is no such file\.$/),
    })
  })
})

describe('requireWritable', () => {
  it('takes a folder that is there, and one that can be made, and makes nothing', async () => {
    await requireWritable(folder)
    await requireWritable(join(folder, 'not', 'there', 'yet'))
    expect(await readdir(folder)).toEqual([])
  })

  it('refuses a file, and what would be below one', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    for (const path of [file, join(file, 'inner', 'folder')])
      await expect(requireWritable(path)).rejects.toMatchObject({ code: 'report-unwritable' })
  })
})
