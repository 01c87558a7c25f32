import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RushbenchError } from '../../../src/lib/base/errors/errors.ts'
import { jsonSchemaOf } from '../../../src/lib/base/json-schema.ts'
import { compareReports } from '../../../src/lib/compare/compare.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { parseReport } from '../../../src/lib/record/parse.ts'
import { Report } from '../../../src/lib/record/record.ts'
import { reportText } from '../../support/reports/fixtures.ts'
import { htmlOf, junitOf, markdownOf, screenOf, screenText } from '../../support/reports/rendered.ts'
import { comparisonDocument } from '../../../src/lib/render/document/comparison-document.ts'
import { briefMarkdown } from '../../../src/lib/render/text-formats/markdown.ts'

const names = [
  'load-baseline.json',
  'load-candidate.json',
  'load-watched.json',
  'insert-bench-baseline.json',
  'insert-bench-candidate.json',
  'seed.json',
  'audit.json',
]

/** Every path to a value inside `value`. */
function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
}

function changed(
  value: unknown,
  path: readonly (string | number)[],
  change: (parent: Record<string, unknown>) => void,
) {
  const copy = structuredClone(value) as Record<string, unknown>
  let at = copy
  for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>
  change(at)
  return copy
}

function without(value: unknown, path: readonly (string | number)[]): unknown {
  return changed(value, path, (parent) => delete parent[path.at(-1) as string])
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  return changed(value, path, (parent) => (parent[path.at(-1) as string] = by))
}

/** Everything that people are shown of a report. */
function shown(report: Report): string {
  const options = { minEffect: 0.05, noise: [], force: false, random: createRandom('compare') }
  const comparison = compareReports({ baseline: [report], candidate: [report] }, options)
  const document = comparisonDocument(comparison, new Date(0))
  const compared = [screenText(document), briefMarkdown(document)]
  const views = [markdownOf(report), junitOf(report), htmlOf(report, { style: '', script: '' })]
  return [...compared, screenOf(report), ...views].join('\n')
}

// oxlint-disable-next-line no-control-regex -- these are what must be gone; the summaries' own newlines may stay
const steersTerminal = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/

/** The parsed report, or null when it was refused; any other error is the test's failure. */
function readOrRefuse(content: string): Report | null {
  try {
    return parseReport(content, 'torn.json')
  } catch (error) {
    expect(error).toBeInstanceOf(RushbenchError)
    expect((error as RushbenchError).code).toBe('report-unreadable')
    expect((error as RushbenchError).message).not.toMatch(steersTerminal)
    return null
  }
}

describe('parseReport', () => {
  it.each(names)('reads %s', (name) => expect(parseReport(reportText(name), name).schema).toBe('rushbench.report/v1'))

  it.each([
    ['{"schema": "rushb', 'not whole JSON'],
    ['', 'not whole JSON'],
    ['null', 'its schema is missing'],
    [
      '{"schema":"rushbench.report/v2"}',
      'its schema is "rushbench.report/v2", and this version reads rushbench.report/v1',
    ],
    ['{"schema":"rushbench.report/v1","kind":"toString"}', 'its kind is "toString"'],
    ['{"schema":"rushbench.report/v1"}', 'its kind is missing'],
  ])('refuses %s', (content, reason) => expect(() => parseReport(content, 'a.json')).toThrow(reason))

  it('names a metric that is missing or is no number', () => {
    const report = JSON.parse(reportText('load-baseline.json')) as { load: { rps: unknown } }
    expect(() => parseReport(JSON.stringify(without(report, ['load', 'responseTime', 'p99'])), 'a')).toThrow(
      /load\.responseTime/,
    )
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
        readOrRefuse(text)
      }),
    )
  })

  it('refuses what is cut off, wherever the cut', () => {
    const content = reportText('load-baseline.json').trimEnd()
    fc.assert(fc.property(fc.nat(content.length - 1), (end) => readOrRefuse(content.slice(0, end)) === null))
    expect(() => parseReport(reportText('truncated.json'), 'cut.json')).toThrow('cut.json is not a rushbench report')
  })

  it(
    'lets nothing past that cannot be shown and compared, whatever stands in whatever place',
    { timeout: 30_000 },
    () => {
      const hostile = fc.string({ unit: 'binary' }).map((text) => `\u001b[2J\u009b31m\n${text}`)
      const mutated = fc.constantFrom(...names).chain((name) => {
        const parsed: unknown = JSON.parse(reportText(name))
        const value = fc.oneof(
          hostile,
          fc.jsonValue(),
          fc.double(),
          fc.dictionary(hostile, fc.oneof(hostile, fc.nat())),
        )
        return fc
          .record({ path: fc.constantFrom(...paths(parsed).slice(1)), value })
          .map((change) => ({ parsed, ...change }))
      })
      fc.assert(
        fc.property(mutated, ({ parsed, path, value }) => {
          const report = readOrRefuse(JSON.stringify(replaced(parsed, path, value)))
          if (report) expect(shown(report)).not.toMatch(steersTerminal)
        }),
        { numRuns: 500 },
      )
    },
  )

  it.each([
    [['startedAt'], 'yesterday', 'startedAt must be a time in UTC such as'],
    [['startedAt'], '../../2026-11-20T22:36:55Z', 'startedAt must be a time in UTC such as'],
    [['thresholds'], [{ comparator: '=~' }], 'thresholds.0'],
    [['audit', 'lost'], -1, 'audit.lost'],
    [['load', 'steps', 1, 'responseTime', 'p99'], 'x', 'load.steps.1.responseTime.p99 must be number'],
    [['generator'], null, 'generator must be object'],
    [['load', 'failureReasons'], { 'two\nlines': 'x' }, 'must be integer'],
  ])('refuses %j as %j and says where and why', (path, value, reason) => {
    const parsed: unknown = JSON.parse(reportText('load-baseline.json'))
    expect(() => parseReport(JSON.stringify(replaced(parsed, path, value)), 'a')).toThrow(reason)
  })

  it('says which comparators there are', () => {
    const threshold = { expression: 'rps>1', metric: 'rps', comparator: '=~', limit: 1, actual: 2, passed: true }
    const parsed: unknown = JSON.parse(reportText('load-baseline.json'))
    expect(() => parseReport(JSON.stringify(replaced(parsed, ['thresholds'], [threshold])), 'a')).toThrow(
      'thresholds.0.comparator must be one of <, <=, >, >=',
    )
  })

  it('does not print a whole wrong schema', () => {
    const content = JSON.stringify({ schema: 'x'.repeat(10_000) })
    expect(() => parseReport(content, 'a')).toThrow(/^.{1,250}$/)
  })

  it('reads the order of keys at a checkpoint, which may be left out or by its old word', () => {
    const parsed: unknown = JSON.parse(reportText('insert-bench-baseline.json'))
    const keyed = (keys: string) => JSON.stringify(replaced(parsed, ['checkpoints', 0, 'keys'], keys))
    expect(parseReport(keyed('append'), 'a')).toMatchObject({ checkpoints: [{ keys: 'ascending' }] })
    expect(() => parseReport(keyed('sideways'), 'a')).toThrow(
      'checkpoints.0.keys must be one of random, ascending, append',
    )
  })
})

describe('the published schema', () => {
  const schema: unknown = JSON.parse(JSON.stringify(jsonSchemaOf(Report, 'draft-2020-12')))

  it('is the one that reports are checked with', () => {
    const published: unknown = JSON.parse(
      readFileSync(new URL('../../../schema/report.v1.schema.json', import.meta.url), 'utf8'),
    )
    expect(published, 'run: npm run schema').toEqual(schema)
  })

  it('explains every property', () => {
    expect(unexplained(schema as Schema)).toEqual([])
  })
})

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Properties that have no description, neither of their own nor in one of their forms. */
function unexplained({ properties = {}, items, anyOf = [] }: Schema, path = ''): string[] {
  const here = Object.entries(properties).flatMap(([name, inner]) => [
    ...(inner.description || inner.anyOf?.some(({ description }) => description) ? [] : [`${path}.${name}`]),
    ...unexplained(inner, `${path}.${name}`),
  ])
  const forms = items ? [...anyOf, items] : anyOf
  return [...here, ...forms.flatMap((form) => unexplained(form, path))]
}
