import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runInPairs } from '../../../src/lib/app/paired-runs.ts'
import { savedReport } from '../../support/reports/fixtures.ts'

const load = savedReport('load', 'load-baseline.json')

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'rushbench-pairs-'))))
afterEach(() => rm(folder, { recursive: true }))

/**
 * A program that saves a report as rushbench does, of a run that is not valid as often as its argument says in `runs`,
 * one digit for each: 1 is not valid.
 */
const program = `
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
const [name, runs] = process.argv.slice(2)
const reports = process.argv[process.argv.indexOf('--reports') + 1]
const made = existsSync(name) ? readFileSync(name, 'utf8').length : 0
appendFileSync(name, '.')
appendFileSync('LOG', name.at(-1) + (process.env.GITHUB_STEP_SUMMARY ?? ''))
const report = JSON.parse(readFileSync('REPORT', 'utf8'))
report.startedAt = new Date().toISOString()
if (runs[made] === '1') report.generator = { ...report.generator, valid: false, reasons: ['it stood still'] }
mkdirSync(reports, { recursive: true })
writeFileSync(reports + '/' + Date.now() + '-load.json', JSON.stringify(report))
`

async function run(pairs: number, baseline: string, candidate: string) {
  const [file, log, report] = ['saver.mjs', 'log', 'report.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(report, JSON.stringify(load))
  await writeFile(file, program.replace('LOG', log).replace('REPORT', report))
  const notes: string[] = []
  const made = await runInPairs({
    commands: { baseline: `${file} ${folder}/A ${baseline}`, candidate: `${file} ${folder}/B ${candidate}` },
    pairs,
    folder: join(folder, 'runs'),
    signal: new AbortController().signal,
    onProgress: () => {},
    onNote: (text) => notes.push(text),
  })
  return { ...made, notes, order: await readFile(log, 'utf8') }
}

const filesIn = (...path: string[]) => readdir(join(folder, 'runs', ...path)).catch(() => [])

describe('runInPairs', () => {
  it('makes a run that is not valid again, and keeps its pair', async () => {
    const { order, dropped, sides, notes } = await run(2, '0000', '1100')
    expect(order).toBe('ABBBBA')
    expect(dropped).toEqual([])
    expect(notes).toHaveLength(2)
    expect(sides).toMatchObject({ baseline: [{}, {}], candidate: [{}, {}] })
    expect(await filesIn('candidate')).toHaveLength(2)
    expect(await filesIn('not-valid', 'candidate')).toHaveLength(2)
  })

  it('drops the pair of a run that stays not valid after three tries', async () => {
    const { order, dropped, sides } = await run(3, '00000', '111000')
    expect(order).toBe('ABBBBAAB')
    expect(dropped).toEqual([
      'pair 1: the candidate was not valid in 3 tries; the last: the run is not valid: it stood still',
    ])
    expect(sides).toMatchObject({ baseline: [{}, {}], candidate: [{}, {}] })
    // What is left of a dropped pair is no run to compare.
    expect(await filesIn('baseline')).toHaveLength(2)
    expect(await filesIn('not-valid', 'baseline')).toHaveLength(1)
    expect(await filesIn('not-valid', 'candidate')).toHaveLength(3)
  })

  it('ends when too few pairs can be left', async () => {
    const { order, dropped } = await run(3, '111111111', '000')
    // The second pair begins with the candidate.
    expect(order).toBe('AAABAAA')
    expect(dropped).toHaveLength(2)
  })

  it("lets no run add itself to the summary of GitHub's job", async () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', join(folder, 'summary.md'))
    const { order } = await run(1, '0', '0').finally(() => vi.unstubAllEnvs())
    expect(order).toBe('AB')
  })
})
