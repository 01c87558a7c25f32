import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { saveAndPrint, saveRun } from '../../../src/lib/app/save-run.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const load = savedReport('load', 'load-baseline.json')
const name = '2026-11-20T23-43-11Z-load'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-save-'))
  vi.stubEnv('GITHUB_STEP_SUMMARY', '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(folder, { recursive: true })
})

describe('saveRun', () => {
  it('saves the report alone unless more is asked for', async () => {
    expect(await saveRun(load, { reports: folder, report: undefined })).toBe(`report ${join(folder, name)}.json`)
    expect(await readdir(folder)).toEqual([`${name}.json`])
  })

  it('saves what is asked for beside it, under the same name', async () => {
    const lines = await saveRun(load, { reports: folder, report: ['markdown', 'junit', 'csv'] })
    expect(lines.split('\n').slice(1)).toEqual(
      ['markdown .md', 'junit .xml', 'csv .csv'].map((line) => line.replace(' ', ` ${join(folder, name)}`)),
    )
    expect(await readFile(join(folder, `${name}.md`), 'utf8')).toMatch(/^### ✅ Valid, audit passed/)
  })

  it('does not fail a run that has no rows for a CSV', async () => {
    const lines = await saveRun(savedReport('seed', 'seed.json'), { reports: folder, report: ['csv'] })
    expect(lines).toMatch(/^report .*\nno csv: A report of kind seed has nothing to show as csv/)
  })

  it("adds each run to the summary of GitHub's job", async () => {
    const summary = join(folder, 'summary.md')
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary)
    await saveRun(load, { reports: folder, report: undefined })
    await saveRun(load, { reports: folder, report: undefined })
    expect((await readFile(summary, 'utf8')).match(/^### ✅/gm)).toHaveLength(2)
  })

  it('says which file could not be written', async () => {
    await mkdir(join(folder, `${name}.md`))
    await expect(saveRun(load, { reports: folder, report: ['markdown'] })).rejects.toMatchObject({
      code: 'file-unwritable',
      message: expect.stringContaining(`${name}.md`),
    })
  })
})

describe('saveAndPrint', () => {
  it('has saved before it prints, since whoever reads may have gone', async () => {
    const log = (): never => {
      throw new Error('EPIPE')
    }
    const printing = saveAndPrint(load, { reports: folder, report: undefined }, { log, summary: 'summary' })
    await expect(printing).rejects.toThrow('EPIPE')
    expect(await readdir(folder)).toEqual([`${name}.json`])
  })

  it('prints what was measured also when it cannot be saved', async () => {
    const printed: string[] = []
    const log = (text: string): void => void printed.push(text)
    const file = join(folder, 'file')
    await writeFile(file, '')
    const printing = saveAndPrint(load, { reports: file, report: undefined }, { log, summary: 'summary' })
    await expect(printing).rejects.toMatchObject({ code: 'report-unwritable' })
    expect(printed).toEqual(['summary'])
  })
})
