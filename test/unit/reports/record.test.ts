import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../src/lib/errors.ts'
import { parseReport, reportSchema } from '../../../src/lib/reports/record.ts'
import { reportText } from '../../report-fixtures.ts'

const names = ['load-baseline.json', 'load-candidate.json', 'insert-bench-baseline.json', 'insert-bench-candidate.json', 'seed.json']

/** Every path to a value inside `value`. */
function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
}

function without(value: unknown, path: readonly (string | number)[]): unknown {
  const copy = structuredClone(value) as Record<string, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  delete at[path.at(-1) as string]
  return copy
}

describe('parseReport', () => {
  it.each(names)('reads %s', (name) => expect(parseReport(reportText(name), name).schema).toBe('rushbench.report/v1'))

  it.each([
    ['{"schema": "rushb', 'not whole JSON'],
    ['', 'not whole JSON'],
    ['null', 'its schema is missing'],
    ['{"schema":"rushbench.report/v2"}', 'its schema is "rushbench.report/v2", and this version reads rushbench.report/v1'],
    ['{"schema":"rushbench.report/v1","kind":"toString"}', 'its kind is "toString"'],
    ['{"schema":"rushbench.report/v1"}', 'its kind is missing'],
  ])('refuses %s', (content, reason) => expect(() => parseReport(content, 'a.json')).toThrow(reason))

  it('names a metric that is missing or is no number', () => {
    const report = JSON.parse(reportText('load-baseline.json')) as { load: { rps: unknown } }
    expect(() => parseReport(JSON.stringify(without(report, ['load', 'responseTime', 'p99'])), 'a')).toThrow(/load\.responseTime/)
    report.load.rps = 'fast'
    expect(() => parseReport(JSON.stringify(report), 'a')).toThrow(/load\.rps/)
  })

  it('throws its own error and nothing else, however a report is cut or torn', () => {
    const content = reportText('load-baseline.json')
    const parsed: unknown = JSON.parse(content)
    const torn = fc.constantFrom(...paths(parsed).slice(1)).map((path) => JSON.stringify(without(parsed, path)))
    const cut = fc.nat(content.length).map((end) => content.slice(0, end))
    fc.assert(
      fc.property(fc.oneof(torn, cut, fc.json(), fc.string()), (text) => {
        try {
          parseReport(text, 'torn.json')
        } catch (error) {
          expect(error).toBeInstanceOf(RushbenchError)
          expect((error as RushbenchError).code).toBe('report-unreadable')
        }
      }),
    )
  })
})

describe('the published schema', () => {
  it('is the one that reports are checked with', () => {
    const published: unknown = JSON.parse(readFileSync(new URL('../../../schema/report.v1.schema.json', import.meta.url), 'utf8'))
    expect(published, 'run: npm run schema').toEqual(JSON.parse(JSON.stringify(reportSchema)))
  })
})
