import { fileURLToPath } from 'node:url'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { compareRuns, showHistory } from '../../../src/lib/app/compare.ts'
import { createTestContext } from '../../support/run-context.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/reports/load-${name}.json`, import.meta.url))
const options = { minEffect: 0.05, noise: [], force: true, html: undefined }

it('compares saved runs, and prints what it is asked to show of them', async () => {
  const context = createTestContext()
  const comparison = await compareRuns(context, {
    ...options,
    runs: [fixture('baseline'), fixture('candidate')],
    show: ({ headline }) => `the verdict: ${headline}`,
  })
  expect(context.logged).toEqual([expect.stringMatching(new RegExp(`^the verdict: .*${comparison.verdict}`, 'i'))])
})

it('refuses fewer sides than two, and other commands than two', async () => {
  const show = () => ''
  const one = compareRuns(createTestContext(), { ...options, runs: [fixture('baseline')], show })
  await expect(one).rejects.toThrow('Name the reports of the baseline, then those of the candidate')
  const runs = { commands: ['load'], pairs: 10, reports: 'reports' }
  await expect(compareRuns(createTestContext(), { ...options, runs, show })).rejects.toThrow('Give --run twice')
})

it('saves a page of a history and prints the history', async () => {
  const html = join(await mkdtemp(join(tmpdir(), 'rushbench-history-')), 'history.html')
  const context = createTestContext()
  const request = { reports: fixture('baseline'), metric: undefined, minEffect: 0.05, show: () => 'a history' }
  await showHistory(context, { ...request, html })
  expect(await readFile(html, 'utf8')).toContain('<html')
  expect([context.logged, context.notes]).toEqual([['a history'], [`\n${html}`]])
})
