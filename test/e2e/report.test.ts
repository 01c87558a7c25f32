import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { createWorkplace } from './cli.ts'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/reports/${name}`, import.meta.url))

it('report shows a saved report in each of its forms, or says why not', async () => {
  await using work = await createWorkplace()
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
  const both = await work.run(['report', fixture('seed.json'), '--html', '--csv'])
  expect(both).toMatchObject({ code: 2, stdout: '' })
})
