import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { workloadNames } from '../../../src/lib/workloads/registry.ts'
import { testsOfLines } from '../../support/originals.ts'

const root = new URL('../../../', import.meta.url)

/** The lines of the table at the head of a workload's page. */
async function linesOf(name: string): Promise<string[][]> {
  const page = await readFile(new URL(`docs/workloads/${name}.md`, root), 'utf8')
  const [, table = ''] = /^# .*\n\n((?:\|.*\n)+)/.exec(page) ?? []
  return table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .slice(1, -1)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
}

/** Titles of the tests in a file; those that are skipped, or yet to be written, are none. */
async function titlesIn(file: string): Promise<string[]> {
  const text = await readFile(new URL(`test/${file}`, root), 'utf8')
  // `it('title',`, `it.each(table)('title',`
  const calls = /(?:\b(?:it|test)|\))\(\s*(?:'((?:\\.|[^'\\])*)'|"([^"]*)"|`([^`]*)`),/g
  return [...text.matchAll(calls)].map(([, single, double, template]) => single ?? double ?? template ?? '')
}

describe.each(workloadNames)('the table at the head of docs/workloads/%s.md', (name) => {
  it('says line by line what the original does, and what this does', async () => {
    const [head, rule, ...lines] = await linesOf(name)
    expect(head).toEqual(['what the original does', 'what this does'])
    expect(rule).toEqual(['---', '---'])
    expect(lines.map((cells) => cells.length)).toEqual(lines.map(() => 2))
    expect(lines.map(([original]) => original)).toEqual(Object.keys(testsOfLines[name] ?? {}))
  })

  it('has a test for each line', async () => {
    for (const [line, tests] of Object.entries(testsOfLines[name] ?? {})) {
      expect([line, Object.keys(tests).length > 0]).toEqual([line, true])
      for (const [file, titles] of Object.entries(tests)) {
        const known = await titlesIn(file)
        expect([line, [titles].flat().filter((title) => !known.includes(title))]).toEqual([line, []])
      }
    }
  })
})
