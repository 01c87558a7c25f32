import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { compareReports } from '../../../src/lib/compare/compare.ts'
import { describeHistory } from '../../../src/lib/compare/history.ts'
import { readLedger } from '../../../src/lib/load/ledger/ledger-reader.ts'
import { createRandom } from '../../../src/lib/base/random.ts'
import { parseReport } from '../../../src/lib/record/parse.ts'
import type { Report } from '../../../src/lib/record/record.ts'
import { comparisonDocument } from '../../../src/lib/render/document/comparison-document.ts'
import { documentOf } from '../../../src/lib/render/render.ts'
import type { Document } from '../../../src/lib/render/document/document.ts'
import { historyDocument } from '../../../src/lib/render/document/history-document.ts'
import { htmlPage } from '../../../src/lib/render/html/html.ts'
import { terminalText, type Paint } from '../../../src/lib/render/terminal/terminal.ts'
import { csvText, junitXml } from '../../../src/lib/render/text-formats/csv-and-junit.ts'
import { briefMarkdown, markdownText } from '../../../src/lib/render/text-formats/markdown.ts'
import { parseJournal } from '../../../src/lib/seeding/journal.ts'
import { fillJournal } from '../../../src/lib/seeding/filling/fill-journal.ts'
import { reservationJournal } from '../../../src/lib/seeding/reservation-journal.ts'
import { textsLike, valuesLike } from '../like.ts'
import { pure, reader } from '../reader.ts'

const assets = { style: '', script: '' }
const same = (text: string): string => text
const paint: Paint = { good: same, bad: same, faint: same, bold: same }

const names = ['load-baseline', 'load-candidate', 'load-watched', 'insert-bench-baseline', 'seed', 'audit'] as const
const texts = names.map((name) =>
  readFileSync(new URL(`../../../fixtures/reports/${name}.json`, import.meta.url), 'utf8'),
)
const saved = texts.map((text) => parseReport(text, 'sample.json'))

/** Beside others of its kind, from before and after it. */
function neighbours(report: Report): Report[] {
  const own = saved.find(({ kind }) => kind === report.kind)
  return own
    ? ['2026-01-01', '2026-01-02', '2026-12-30', '2026-12-31'].map((day) => ({ ...own, startedAt: `${day}T00:00:00Z` }))
    : []
}

function showAll(report: Report): void {
  const document = documentOf(report)
  showDocument(document)
  markdownText(document)
  try {
    csvText(document)
  } catch (error) {
    if ((error as { code?: string }).code !== 'view-missing') throw error
  }
}

function showDocument(document: Document): void {
  terminalText(document, paint, 80)
  junitXml(document)
  htmlPage(document, '1', assets)
}

function compareAll(report: Report): void {
  const others = neighbours(report)
  showDocument(historyDocument(describeHistory([report, ...others], { minEffect: 0.05 })))
  const sides = { baseline: others, candidate: [report] }
  const comparison = compareReports(sides, { minEffect: 0.05, noise: [], force: true, random: createRandom('x') })
  const document = comparisonDocument(comparison, new Date(0))
  showDocument(document)
  briefMarkdown(document)
}

const head =
  '{"schema":"rushbench.ledger/v1","run":"r","workload":"w","target":"http://127.0.0.1:1","startedAt":"2026-11-21T07:53:15Z"}'
const ledger = `${head}\n{"outcome":"booked","key":"k1","resource":7,"id":"b1"}\n{"outcome":"unknown","key":"k2","resource":"x"}\n`
const watch = { onProgress() {}, signal: new AbortController().signal }
const recipe =
  '{"seed":"s","keys":"ascending","order":"grouped","indexes":"before","firstSerial":0,"runs":[[0,1,100,5]]}'
const journal = JSON.stringify({ id: '3138abbc-41d4-42c4-bb96-e8d4e418cfcc', before: null, recipe })
const filling = { seed: 's', tables: [{ name: 'sbtest1', amount: '--table-rows 100', rows: [100] }] }
const fillingText = JSON.stringify({ ...JSON.parse(journal), recipe: JSON.stringify(filling) })

export const savedReaders = [
  reader({
    name: 'reports',
    what: 'saved reports, in every form',
    inputs: fc.oneof(
      {
        weight: 5,
        arbitrary: valuesLike(texts.map((text) => JSON.parse(text) as unknown)).map(
          (value) => JSON.stringify(value) ?? '',
        ),
      },
      { weight: 1, arbitrary: textsLike(texts, ['{', '}', '":', ',', '1e999', 'null']) },
    ),
    open: pure((text) => showAll(parseReport(text, 'report.json'))),
  }),
  reader({
    name: 'comparisons',
    what: 'saved reports, compared and over time',
    inputs: valuesLike(texts.map((text) => JSON.parse(text) as unknown)).map((value) => JSON.stringify(value) ?? ''),
    open: pure((text) => compareAll(parseReport(text, 'report.json'))),
  }),
  reader({
    name: 'ledgers',
    what: 'ledgers of loads',
    inputs: textsLike([ledger], ['\n', '{"outcome":"', 'booked', '"id":', '1e300', '\u00ff']),
    open: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'rushbench-fuzz-'))
      const file = join(folder, 'ledger.jsonl')
      return {
        async read(text: string) {
          await writeFile(file, text, 'latin1')
          const found = await readLedger(file, watch)
          let count = 0
          for await (const _entry of found.entries.read()) count++
          if (count !== found.entries.count)
            throw new TypeError(`it counts ${found.entries.count} entries, and gives ${count}`)
        },
        close: () => rm(folder, { recursive: true, force: true }),
      }
    },
  }),
  reader({
    name: 'filling journals',
    what: 'journals of fillings, as a database keeps them',
    inputs: fc.oneof(
      textsLike([fillingText], ['[', ']', ',', '\u001b', '1e15', '-1']),
      valuesLike([filling]).map((value) => JSON.stringify({ ...JSON.parse(journal), recipe: JSON.stringify(value) })),
    ),
    open: pure((text) => {
      const found = parseJournal(fillJournal('oltp'), text)
      // They are shown to people as they are.
      for (const { name, amount } of found?.recipe.tables ?? [])
        if (/[^ -~]/.test(name + amount)) throw new TypeError(`it takes ${name} filled by ${amount}`)
    }),
  }),
  reader({
    name: 'journals',
    what: 'journals of seedings, as a database keeps them',
    inputs: fc.oneof(
      textsLike([journal], ['[', ']', ',', '1e15', '9007199254740991', '30000000']),
      valuesLike([JSON.parse(recipe)]).map((value) =>
        JSON.stringify({ ...JSON.parse(journal), recipe: JSON.stringify(value) }),
      ),
    ),
    // A calendar of millions of slots is right, and takes its time.
    open: pure(
      (text) => void (/\d{6}/.test(text) && !/\d{9}/.test(text) ? null : parseJournal(reservationJournal, text)),
    ),
  }),
]
