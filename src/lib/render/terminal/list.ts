import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { formatTable } from '../../base/format.ts'
import { readReport } from '../../record/store.ts'
import { documentOf } from '../render.ts'

/** A saved report in one line. */
export interface ListedReport {
  readonly file: string
  /** UTC; null for a file that cannot be read. */
  readonly startedAt: string | null
  readonly kind: string | null
  /** The headline of the report, or why it cannot be read. */
  readonly headline: string
  /** Its first figure, `111 requests a second`. */
  readonly figure: string
}

/**
 * The reports in a folder, newest first; files that are no reports come last. A folder that is not there, as before the
 * first run, has none. Throws `reports-unlistable`.
 */
export async function listReports(folder: string): Promise<ListedReport[]> {
  let names: string[]
  try {
    names = await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failure('reports-unlistable', { folder, reason: reasonOf(error) }, error)
  }
  const listed: ListedReport[] = []
  // One after the other: a report of hours is large, and a folder may hold thousands.
  for (const name of names.filter((one) => one.endsWith('.json'))) listed.push(await describe(join(folder, name)))
  return listed.sort((a, b) => compareTexts(b.startedAt ?? '', a.startedAt ?? '') || compareTexts(a.file, b.file))
}

async function describe(file: string): Promise<ListedReport> {
  try {
    const report = await readReport(file)
    const { headline, figures } = documentOf(report)
    const [first] = figures
    const figure = first ? `${first.value} ${first.label}` : ''
    return { file, startedAt: report.startedAt, kind: report.kind, headline, figure }
  } catch (error) {
    return { file, startedAt: null, kind: null, headline: reasonOf(error), figure: '' }
  }
}

/** ISO times in UTC are in order of time when they are in order of their letters. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A line for each. */
export function listText(reports: readonly ListedReport[]): string {
  const rows = reports.map(({ file, startedAt, kind, headline, figure }) => [
    startedAt === null ? '-' : startedAt.replace('T', ' ').replace(/:\d\d(\.\d+)?Z$/, ''),
    kind ?? '-',
    headline,
    figure,
    file,
  ])
  return formatTable(['began (UTC)', 'kind', 'verdict', 'figure', 'file'], rows)
}
