import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describePassedOver, findReports, requireDistinct } from '../../../src/lib/record/find-reports.ts'
import { reportText } from '../../support/reports/fixtures.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rushbench-reports-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Saves reports of that name with that id. */
async function save(...names: readonly (string | readonly [name: string, id: string])[]): Promise<void> {
  for (const each of names) {
    const [name, id] = typeof each === 'string' ? [each, each] : each
    const text = reportText(name.includes('seed') ? 'seed.json' : 'load-baseline.json')
    await writeFile(join(folder, name), text.replace(/"id": "[^"]*"/, `"id": ${JSON.stringify(id)}`))
  }
}

const find = (...names: readonly string[]) => findReports(...names.map((name) => join(folder, name)))
const found = async (...names: readonly string[]) =>
  (await find(...names)).reports.map(({ file }) => basename(file)).toSorted()

describe('findReports', () => {
  it('reads a report, a folder, or a pattern, and each report once', async () => {
    await save('a-load.json', 'b-load.json', 'b+load.json', 'c-seed.json')
    await writeFile(join(folder, 'README.md'), 'no report')
    await symlink(join(folder, 'a-load.json'), join(folder, 'link.json'))
    expect(await found('')).toHaveLength(4)
    expect(await found('a-load.json')).toEqual(['a-load.json'])
    expect(await found('*-load.json')).toEqual(['a-load.json', 'b-load.json'])
    expect(await found('?+load.json')).toEqual(['b+load.json'])
    expect(await found('*-load.json', 'a-load.json', './')).toHaveLength(4)
    await expect(find('d*.json')).rejects.toThrow('There is no report in')
    await expect(find('d.json')).rejects.toThrow('is not a rushbench report that can be read')
    expect(await findReports()).toEqual({ reports: [], foreign: [], copies: [] })
  })

  it('looks only at files of a folder: nobody may ever write to a pipe', async () => {
    await save('a-load.json')
    await mkdir(join(folder, 'folder.json'))
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.json')])
    expect(await found('')).toEqual(['a-load.json'])
    expect(await found('*.json')).toEqual(['a-load.json'])
  })

  it('passes over JSON of other programs in a folder or a pattern, and names it', async () => {
    await save('a-load.json')
    for (const name of ['one', 'two', 'three', 'four']) await writeFile(join(folder, `${name}.json`), '{"schema": "x"}')
    const all = await find('')
    expect(all.reports.map(({ file }) => basename(file))).toEqual(['a-load.json'])
    expect(describePassedOver(all)).toBe(
      `Passed over: 4 files of other programs (${join(folder, 'four.json')}, ${join(folder, 'one.json')}, ${join(folder, 'three.json')}, ...).`,
    )
    expect(describePassedOver(await find('a*.json'))).toBeNull()
    await expect(find('one.json')).rejects.toThrow('one.json is not a rushbench report')
    await expect(find('t*.json')).rejects.toThrow(
      /no report in .*t\*\.json, only 2 JSON files of other programs\. Name/,
    )
  })

  it.each([
    ['a report that was cut off', 'x.json', reportText('truncated.json').slice(0, 400)],
    ['one of a version to come', 'x.json', '{"id": 1, "schema": "rushbench.report/v9"}'],
    ['an empty file with the name of one', '2026-11-20T23-43-11Z-insert-bench-2.json', ''],
  ])('names a file of ours that is broken: %s', async (_what, name, text) => {
    await save('a-load.json')
    await writeFile(join(folder, name), text)
    await expect(find('')).rejects.toThrow(`${name} is not a rushbench report that can be read`)
  })

  it('counts a run once of which there are copies', async () => {
    await save(['a.json', 'one'], ['b.json', 'one'], ['c.json', 'two'])
    const all = await find('')
    expect(all.reports.map(({ file }) => basename(file))).toEqual(['a.json', 'c.json'])
    expect(describePassedOver(all)).toBe(`Passed over: 1 copy of runs (${join(folder, 'b.json')}).`)
  })
})

describe('requireDistinct', () => {
  it('takes runs that are all different', async () => {
    await save('a.json', 'b.json')
    expect(() => requireDistinct({ reports: [], foreign: [], copies: [] })).not.toThrow()
    requireDistinct(await find('a.json'), await find('b.json'))
  })

  it('refuses a run that stands on both sides, or twice on one', async () => {
    await save(['a.json', 'one'], ['b.json', 'one'], 'c.json')
    await symlink(join(folder, 'c.json'), join(folder, 'd.json'))
    const [a, b, c, d] = ['a.json', 'b.json', 'c.json', 'd.json'].map((name) => join(folder, name))
    expect(await refusal([a!], [a!])).toMatch(/a\.json was named twice: a run cannot be compared with itself/)
    expect(await refusal([a!], [b!])).toContain(`${a} and ${b} are the same run, which cannot be compared with itself.`)
    expect(await refusal([c!], [d!])).toContain(`${c} and ${d} are the same run`)
    expect(await refusal([c!], [a!, b!])).toContain(`${a} and ${b} are the same run`)
  })
})

async function refusal(...sides: readonly (readonly string[])[]): Promise<string> {
  const all = await Promise.all(sides.map((paths) => findReports(...paths)))
  try {
    requireDistinct(...all)
    return 'none'
  } catch (error) {
    return String(error)
  }
}
