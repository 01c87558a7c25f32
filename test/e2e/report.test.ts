import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createSandbox } from '../support/cli/sandbox.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/reports/${name}`, import.meta.url))

it('report shows a saved report in each of its forms, or says why not', async () => {
  await using work = await createSandbox()
  const page = join(work.folder, 'page.html')
  expect(await work.runJson(['report', fixture('load-baseline.json'), '--html', '-o', page])).toEqual({
    view: 'html',
    file: page,
  })
  expect((await stat(page)).size).toBeLessThan(1_000_000)
  expect(await readFile(page, 'utf8')).toContain('The above copyright notice and this permission notice')
  const text = await work.run(['report', fixture('load-baseline.json')])
  expect(text).toMatchObject({ code: 0, stdout: expect.stringMatching(/^valid {6}/m) })
  const cut = await work.run(['report', fixture('truncated.json'), '--markdown'])
  expect(cut).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('not whole JSON') })
  const forms = { 'a.html': 'html', 'b.md': 'markdown', 'c.XML': 'junit', 'd.csv': 'csv', 'e.json': 'json', f: 'text' }
  for (const [name, view] of Object.entries(forms)) {
    const file = join(work.folder, name)
    expect(await work.runJson(['report', fixture('load-baseline.json'), '-o', file])).toEqual({ view, file })
  }
  const begin = async (name: string) => (await readFile(join(work.folder, name), 'utf8')).slice(0, 7)
  expect(await Promise.all(Object.keys(forms).map(begin))).toEqual([
    '<!docty',
    expect.stringMatching(/^#/),
    '<?xml v',
    expect.stringMatching(/^sec/),
    expect.stringMatching(/^\{/),
    expect.stringContaining('valid'),
  ])
  const clash = await work.run(['report', fixture('load-baseline.json'), '--csv', '--out', 'x.html'])
  expect(clash).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Error: --csv cannot be written as x.html: leave out the flag, or end the name with .csv.\n',
  })
  const unknown = await work.run(['report', fixture('load-baseline.json'), '-o', 'x.pdf'])
  expect(unknown).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('no form for .pdf') })
  const nowhere = join(work.folder, 'missing', 'x.html')
  const lost = await work.run(['report', fixture('load-baseline.json'), '-o', nowhere])
  expect(lost).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/x\.html cannot be written: .*in a folder that/),
  })
  const both = await work.run(['report', fixture('seed.json'), '--html', '--csv'])
  expect(both).toMatchObject({ code: 2, stdout: '' })
})

it('reports says that there are none yet, and how to make one', async () => {
  await using work = await createSandbox()
  const missing = await work.run(['reports'])
  expect(missing).toMatchObject({ code: 0, stderr: '' })
  expect(missing.stdout).toMatch(/^There are no reports in reports yet\. .*"rushbench load /)
  await mkdir(join(work.folder, 'empty'))
  const empty = await work.run(['reports', '--reports', 'empty'])
  expect(empty).toMatchObject({ code: 0, stdout: expect.stringMatching(/^There are no reports in empty yet/) })
  expect(await work.runJson(['reports'])).toEqual([])
})
