import { appendFile } from 'node:fs/promises'
import { ignoreFailure } from '../base/abort.ts'
import { failure, reasonOf, RushbenchError } from '../base/errors/errors.ts'
import type { Report } from '../record/record.ts'
import { requireWritable, requireWritableFile, saveReport, writeView } from '../record/store.ts'
import { renderView } from '../render/render.ts'
import { extensions, type ViewName } from '../record/names.ts'

/** Folder and forms that a run is saved in. */
export interface SaveOptions {
  /** Folder. */
  readonly reports: string
  readonly report: readonly ViewName[] | undefined
  /** Saves the report itself; by default into a new file of the folder. */
  readonly save?: (report: Report) => Promise<string>
}

/**
 * Checks that the results of a command can be saved, before it does work that would be lost. Throws
 * `report-unwritable`, `file-unwritable`.
 */
export async function requirePlaces(reports: string): Promise<void> {
  await requireWritable(reports)
  const summary = jobSummary()
  if (summary) await requireWritableFile(summary)
}

/**
 * Saves a report, the forms of it that were asked for beside it, and on GitHub its Markdown in the summary of the job.
 * Returns a line for each file that says where it is. Throws `report-unwritable`, `file-unwritable`.
 */
export async function saveRun(report: Report, { reports, report: views = [], save }: SaveOptions): Promise<string> {
  const path = await (save ? save(report) : saveReport(report, reports))
  const lines = await Promise.all(views.map((view) => saveView(report, view, path)))
  await addToJobSummary(await renderView(report, 'markdown'))
  return [`report ${path}`, ...lines].join('\n')
}

/**
 * Saves a report as `saveRun` does, and prints its summary and where it was saved. In this order, since the reader of the
 * output may have gone; the summary is printed even when nothing can be saved. Throws `report-unwritable`.
 */
export async function saveAndPrint(
  report: Report,
  options: SaveOptions,
  print: { readonly log: (text: string) => void; readonly summary: string; readonly ledger?: string | undefined },
): Promise<void> {
  const saving = saveRun(report, options)
  await ignoreFailure(saving)
  print.log(print.summary)
  print.log(print.ledger === undefined ? await saving : `${await saving}\nledger ${print.ledger}`)
}

async function saveView(report: Report, view: ViewName, path: string): Promise<string> {
  const file = path.replace(/\.json$/, extensions[view])
  try {
    const content = await renderView(report, view)
    await writeView(file, content)
  } catch (error) {
    // The run is over and its report saved: a form that it has no rows for is no reason to fail.
    if (error instanceof RushbenchError && error.code === 'view-missing') return `no ${view}: ${error.message}`
    throw error
  }
  return `${view} ${file}`
}

/** Adds Markdown to the summary of the job on GitHub; elsewhere nothing. Throws `file-unwritable`. */
export async function addToJobSummary(markdown: string): Promise<void> {
  const file = jobSummary()
  if (!file) return
  try {
    await appendFile(file, `${markdown}\n`)
  } catch (error) {
    throw failure('file-unwritable', { file, reason: reasonOf(error) }, error)
  }
}

/** GitHub names the file. */
function jobSummary(): string | undefined {
  return process.env['GITHUB_STEP_SUMMARY']
}
