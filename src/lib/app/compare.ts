import { join } from 'node:path'
import { failure } from '../base/errors/errors.ts'
import { plain } from '../base/format.ts'
import { createRandom } from '../base/random.ts'
import { compareReports, type Comparison } from '../compare/compare.ts'
import { describeHistory, type History } from '../compare/history.ts'
import type { Sides } from '../compare/noise.ts'
import { describePassedOver, findReports, requireDistinct, type FoundReports } from '../record/find-reports.ts'
import type { Report } from '../record/record.ts'
import { requireWritableFile, writeView } from '../record/store.ts'
import { comparisonDocument } from '../render/document/comparison-document.ts'
import type { Document } from '../render/document/document.ts'
import { historyDocument } from '../render/document/history-document.ts'
import { htmlPage, readPageAssets } from '../render/html/html.ts'
import { briefMarkdown } from '../render/text-formats/markdown.ts'
import { runInPairs, type PairsMade } from './paired-runs.ts'
import type { RunContext } from './run-context.ts'
import { addToJobSummary, requirePlaces } from './save-run.ts'

/** Runs to make, in pairs. */
export interface RunsToMake {
  /** Arguments of the baseline, then those of the candidate. */
  readonly commands: readonly string[]
  readonly pairs: number
  /** Folder in which their reports are kept. */
  readonly reports: string
}

/** Runs to compare, and how. */
export interface CompareRequest {
  /** Reports of the baseline, then those of the candidate; or runs to make. */
  readonly runs: readonly string[] | RunsToMake
  /** The smallest change that matters, as a fraction. */
  readonly minEffect: number
  /** Reports that show what chance does. */
  readonly noise: readonly string[]
  /** Compare runs that differ in more than their figures. */
  readonly force: boolean
  /** File for a page. */
  readonly html: string | undefined
  readonly show: (document: Document) => string
}

/** Compares saved runs or makes them first, and prints the comparison. */
export async function compareRuns(
  context: RunContext,
  { runs, minEffect, noise, force, html, show }: CompareRequest,
): Promise<Comparison> {
  if (html !== undefined) await requireWritableFile(html)
  // Read before runs are made: a missing file would be noticed after hours.
  const noiseReports = reportsOf(context, await findReports(...noise))
  const isMade = 'commands' in runs
  const { sides, dropped } = isMade
    ? await makeRuns(context, runs)
    : { sides: await readSides(context, runs), dropped: [] }
  const comparison = compareReports(sides, {
    minEffect,
    noise: noiseReports,
    // Commands that are run on both sides were chosen to differ.
    force: force || isMade,
    dropped,
    random: createRandom('compare'),
  })
  const document = comparisonDocument(comparison, new Date())
  await saveThenPrint(context, show(document), async () => {
    await savePage(context, html, document)
    if (isMade) await addToJobSummary(briefMarkdown(document))
  })
  return comparison
}

/** Runs and metrics of a history. */
export interface HistoryRequest {
  readonly reports: string
  /** The metric; undefined: those that gate. */
  readonly metric: string | undefined
  /** The smallest change that matters, as a fraction. */
  readonly minEffect: number
  /** File for a page. */
  readonly html: string | undefined
  readonly show: (document: Document) => string
}

/** Shows how metrics changed over saved runs. */
export async function showHistory(
  context: RunContext,
  { reports, metric, minEffect, html, show }: HistoryRequest,
): Promise<History> {
  if (html !== undefined) await requireWritableFile(html)
  const history = describeHistory(reportsOf(context, await findReports(reports)), { metric, minEffect })
  const document = historyDocument(history)
  await saveThenPrint(context, show(document), () => savePage(context, html, document))
  return history
}

async function readSides(context: RunContext, paths: readonly string[]): Promise<Sides<Report>> {
  const [baseline, ...candidates] = paths
  if (baseline === undefined || candidates.length === 0)
    throw failure('usage-wrong', {
      reason: 'Name the reports of the baseline, then those of the candidate; or use --run.',
    })
  const sides = [await findReports(baseline), await findReports(...candidates)] as const
  requireDistinct(...sides)
  return { baseline: reportsOf(context, sides[0]), candidate: reportsOf(context, sides[1]) }
}

/** Notes files that were passed over. */
function reportsOf({ note }: RunContext, found: FoundReports): Report[] {
  const passedOver = describePassedOver(found)
  if (passedOver !== null) note(passedOver)
  return found.reports.map(({ report }) => report)
}

async function makeRuns(context: RunContext, { commands, pairs, reports }: RunsToMake): Promise<PairsMade> {
  const [baseline, candidate, ...others] = commands
  if (baseline === undefined || candidate === undefined || others.length > 0)
    throw failure('usage-wrong', {
      reason: 'Give --run twice: what the baseline runs, then what the candidate runs.',
    })
  await requirePlaces(reports)
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  return context.progress.track('Comparing', 'runs', (onProgress) =>
    runInPairs({
      commands: { baseline, candidate },
      pairs,
      folder: join(reports, `compare-${time.replaceAll(':', '-')}`),
      signal: context.signal,
      onProgress,
      onNote: (text) => context.note(plain(text)),
    }),
  )
}

/** Saves first, since the reader of the output may have gone; prints even when nothing can be saved. */
async function saveThenPrint({ log }: RunContext, summary: string, save: () => Promise<void>): Promise<void> {
  const [saved] = await Promise.allSettled([save()])
  log(summary)
  if (saved.status === 'rejected') throw saved.reason
}

async function savePage({ note, version }: RunContext, file: string | undefined, document: Document): Promise<void> {
  if (file === undefined) return
  await writeView(file, htmlPage(document, version, await readPageAssets()))
  note(`\n${file}`)
}
